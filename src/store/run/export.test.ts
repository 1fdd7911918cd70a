import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { metricNames } from '../../protocol/metrics.ts';
import type { LinearReport } from '../../tasks/linear/record.ts';
import type { Interval } from '../../tasks/record.ts';
import { scalarsRecord } from '../../util/eventFile.ts';
import { Series } from '../curves/series.ts';
import { evaluationCsv, problemsCsv, seriesCsv, seriesEvents } from './export.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

const interval = (value: number | null): Interval => ({ value, low: value, high: value });
const each = <T>(value: T) => ({ pretrained: value, random: value, pixels: value });

describe('export', () => {
  it('writes what did not fit, a line each, and no formula that a spreadsheet would run', () => {
    const csv = problemsCsv([
      { problem: 'no-film', file: 'l.csv', row: 7, name: '=1+1.png' },
      { problem: 'no-row', file: '', row: 0, name: 'a,"b".png' },
    ]);
    expect(csv.split('\n')).toEqual([
      'problem,label_file,row,name',
      `row without a film,l.csv,7,"'=1+1.png"`,
      'film without a row,,,"a,""b"".png"',
    ]);
  });

  it('writes every logged value to the last digit and leaves unmeasured ones empty', () => {
    const series = new Series();
    const values = Float64Array.from(METRIC_NAMES, (_, i) =>
      i === 1 ? Number.NaN : Math.PI * 10 ** (i - 15),
    );
    series.append({ step: 3, activeSeconds: 0.1 + 0.2, values }, METRIC_NAMES);
    const [row] = Papa.parse<Record<string, string>>(seriesCsv(series), { header: true }).data;
    expect(Number(row!.active_seconds)).toBe(0.1 + 0.2);
    METRIC_NAMES.forEach((name, i) => {
      if (i === 1) expect(row![name]).toBe('');
      else expect(Number(row![name])).toBe(values[i]);
    });
  });

  it('writes the curves of a run as a TensorBoard log, record by record', () => {
    const series = new Series();
    const values = Float64Array.from(METRIC_NAMES, (_, i) => (i === 1 ? Number.NaN : i + 0.5));
    series.append({ step: 3, activeSeconds: 2, values }, METRIC_NAMES);
    series.append({ step: 4, activeSeconds: 3, values }, METRIC_NAMES);
    const run = { config: presetConfig('smoke'), startedAt: 5000 };
    const bytes = seriesEvents(series, run);
    const view = new DataView(bytes.buffer);
    const times: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = Number(view.getBigUint64(at, true));
      times.push(view.getFloat64(at + 13, true));
      at += 16 + length;
    }
    expect(times).toEqual([5, 5, 7, 8]);
    const measured = METRIC_NAMES.flatMap((name, i) => (i === 1 ? [] : [[name, values[i]!] as const]));
    const last = scalarsRecord(8, 4, measured);
    expect(bytes.subarray(bytes.length - last.length)).toEqual(last);
  });

  it('writes scores, the mean and the reason for each finding left out', () => {
    const report: LinearReport = {
      share: 0.1,
      draws: 5,
      seed: 1,
      step: 300,
      films: { train: 1, val: 1, test: 1 },
      labelledFilms: 1,
      mean: each(interval(0.8)),
      findings: [
        {
          finding: 'Effusion, left',
          positives: 3,
          negatives: 4,
          auroc: { ...each(interval(0.75)), random: interval(null) },
          averagePrecision: each(0.5),
          roc: each(null),
        },
      ],
      leftOut: [{ finding: 'Hernia', reason: 'no positives' }],
      seconds: 1,
      protocol: [],
    };
    const lines = Papa.parse<Record<string, string>>(evaluationCsv({ task: 'linear', report }), {
      header: true,
    }).data;
    expect(lines.map(({ finding }) => finding)).toEqual(['Effusion, left', 'mean', 'Hernia']);
    expect(lines[0]).toMatchObject({ auroc_pretrained: '0.75', auroc_random: '', positives: '3' });
    expect(lines[1]!.auroc_pixels_high).toBe('0.8');
    expect(lines[2]!.left_out_because).toBe('no positives');
  });
});
