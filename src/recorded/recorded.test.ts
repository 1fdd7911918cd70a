// The runs that ship with the app: each is there, is whole, is what the table says, and all together are small. That what the
// lessons say of them is so, in numbers.

import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.ts';
import { readSnapshots } from '../diagnostics/snapshot.ts';
import { type MetricName, metricNames } from '../protocol/metrics.ts';
import { EVALUATION_ROWS, TASKS, type TaskName } from '../tasks/records.ts';
import { PAIRS } from './pictures.ts';
import { hasRecorded, recordedMap, recordedPairs, recordedRun } from './recorded.ts';
import { RECORDED, RECORDED_NAMES, type RecordedName, recordedConfig } from './table.ts';

const MOST_BYTES = 1_500_000;

/** The last measured value of a metric. */
async function last(name: RecordedName, metric: MetricName): Promise<number> {
  const { samples, record } = await recordedRun(name);
  const at = metricNames(record.config).indexOf(metric);
  return samples.findLast(({ values }) => Number.isFinite(values[at]))!.values[at]!;
}

/** Without the settings of evaluations that were not made: their defaults may change under a run that stays. */
function settingsBut(config: Config, made: readonly TaskName[]): Partial<Config> {
  const asked = new Set(made.flatMap((task) => Object.keys(TASKS[task].rows)));
  const spared = (key: string) => Object.hasOwn(EVALUATION_ROWS, key) && !asked.has(key);
  return Object.fromEntries(Object.entries(config).filter(([key]) => !spared(key)));
}

/** AUROC of the first evaluation of a run, by encoder; of one finding or the mean of all. */
async function score(
  name: RecordedName,
  encoder: 'pretrained' | 'pixels',
  finding?: string,
): Promise<number> {
  const [evaluation] = (await recordedRun(name)).evaluations;
  const report = evaluation!.report;
  if (!('mean' in report) || !('findings' in report)) throw new Error('no such scores');
  const of = finding ? report.findings.find((one) => one.finding === finding)!.auroc : report.mean;
  return (of as typeof report.mean)[encoder].value!;
}

describe.each(RECORDED_NAMES)('the recorded run %s', (name) => {
  it('is there, and is what the table says', async () => {
    expect(hasRecorded(name)).toBe(true);
    const { record, samples, evaluations, diagnostics } = await recordedRun(name);
    const config = recordedConfig(name);
    const told = evaluations.map(({ task, report }) => ({ task, share: report.share }));
    const tasks = told.map(({ task }) => task);
    expect(settingsBut(record.config, tasks)).toEqual(settingsBut(config, tasks));
    expect(samples.length).toBe(config.maxSteps);
    expect(record.state).toBe('done');
    expect(told).toEqual(RECORDED[name].evaluations);
    expect(readSnapshots(diagnostics!).length).toBeGreaterThan(1);
  });
});

it('all of them and the pictures are small', async () => {
  const files = readdirSync(import.meta.dirname).filter((file) => /\.(zip|safetensors)$/.test(file));
  const bytes = files.reduce((sum, file) => sum + statSync(path.join(import.meta.dirname, file)).size, 0);
  expect(files.length).toBe(RECORDED_NAMES.length + 2);
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect((await recordedPairs()).length).toBe(PAIRS.length);
  expect((await recordedMap()).map.some((value) => value > 0)).toBe(true);
});

describe('what the lessons say is so', () => {
  it('without variance the spread is gone, without covariance few dimensions are left', async () => {
    expect(await last('variance', 'global/std')).toBeLessThan(0.1);
    const [repeated, free] = [
      await last('covariance', 'global/rankme'),
      await last('invariance', 'global/rankme'),
    ];
    expect(await last('covariance', 'global/std')).toBeGreaterThan(0.7);
    expect(repeated).toBeLessThan(0.5 * free);
  });

  it('without invariance the views stay apart', async () => {
    const [apart, together] = [
      await last('invariance', 'global/invariance'),
      await last('first', 'global/invariance'),
    ];
    expect(apart).toBeGreaterThan(1.5 * together);
  });

  it('without its stop-gradient SimSiam has the best loss and few dimensions', async () => {
    const { samples, record } = await recordedRun('simsiam');
    const total = metricNames(record.config).indexOf('loss/total');
    expect(Math.min(...samples.map(({ values }) => values[total]!))).toBeLessThan(-0.9);
    expect(await last('simsiam', 'global/participation')).toBeLessThan(1.5);
  });

  it('the marker lifts the score of its finding alone', async () => {
    expect(await score('marker', 'pretrained', 'Opacity')).toBeGreaterThan(0.97);
    const gained =
      (await score('marker', 'pretrained', 'Opacity')) - (await score('unmarked', 'pretrained', 'Opacity'));
    expect(gained).toBeGreaterThan(0.1);
  });

  it('a split by film scores higher than one by patient', async () => {
    expect((await score('leak', 'pretrained')) - (await score('patient', 'pretrained'))).toBeGreaterThan(
      0.05,
    );
  });
});
