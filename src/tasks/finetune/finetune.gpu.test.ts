// Fine-tuning on the GPU: it learns what can be seen from a few films, repeats itself, heeds no unknown label, lets the
// validation films choose the epoch, and leaves the run whose encoder it copies as it is.

import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../config/schema.ts';
import { tf } from '../../gpu/kernel.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { backbone } from '../../methods/encoder/network.ts';
import type { EngineDataset } from '../../protocol/dataset.ts';
import { drawFrom } from '../../train/initialise.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { tinyConfig } from '../../train/testRun.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import { TASKS } from '../records.ts';
import { scoreForStudy } from '../study.ts';
import { cutting, TestDisk } from '../testTrainings.ts';
import { evaluateFinetune } from './evaluate.ts';
import type { TunedEpoch } from './record.ts';
import { tune } from './tune.ts';
import { CLASSIFIER, Tuner } from './tuner.ts';

const FILMS = 60;
const SIDE = 40;
const rng = new Rng(3, 'synthetic');
const bright = Uint8Array.from({ length: FILMS }, () => Number(rng.chance(0.5)));
/** A film with the finding is brighter in its lower half; exposure means nothing. */
const planes = Array.from(bright, (has) => {
  const level = rng.uniform(60, 140);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const lower = i >= (SIDE * SIDE) / 2;
    return Math.max(0, Math.min(255, level + (lower === (has === 1) ? 45 : 0) + 12 * rng.normal()));
  });
});
const dataset: EngineDataset = {
  name: 'made',
  fingerprint: 'made',
  findings: ['lower', 'chance'],
  planes,
  widths: new Uint16Array(FILMS).fill(SIDE),
  heights: new Uint16Array(FILMS).fill(SIDE),
  splits: Uint8Array.from({ length: FILMS }, (_, i) => (i < 32 ? 0 : i < 42 ? 1 : 2)),
  patients: Uint32Array.from({ length: FILMS }, (_, i) => i),
  labels: Uint8Array.from({ length: FILMS * 2 }, (_, i) =>
    i % 2 ? Number(rng.chance(0.5)) : bright[i >> 1]!,
  ),
};
const config: Config = tinyConfig({ tuneEpochs: 6, tunePatience: 6, tuneBatch: 8, tuneRate: 3e-3 });

const rows = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, i) => from + i);
const draw = (labels = dataset.labels) => ({
  index: 0,
  fit: rows(0, 32),
  val: rows(32, 42),
  test: rows(42, 60),
  train: rows(0, 32),
  labels,
  classes: 2,
});

async function tuned(changes: Partial<Config> = {}, labels = dataset.labels, yieldNow = async () => {}) {
  const { runtime } = await testDevice();
  const tuning = { runtime, dataset, config: { ...config, ...changes }, onEpoch: () => {}, yieldNow };
  return tune({ draw: drawFrom(1) }, draw(labels), tuning);
}

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

describe('fine-tuning', () => {
  it('learns from few films, reports both starts, and leaves the run as it is', async () => {
    const { runtime } = await testDevice();
    const run = new Pretrainer(config, dataset, runtime);
    const before = await run.model.parameters.read();
    const heard: TunedEpoch[] = [];
    const report = await evaluateFinetune({
      run,
      dataset,
      config,
      findings: [],
      onProgress: () => {},
      onTuned: (epoch) => heard.push(epoch),
      yieldNow: async () => {},
    });
    expect(heard).toEqual(report.curves);
    expect(heard.filter(({ start }) => start === 'random').map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: heard.length / 2 }, (_, i) => i + 1),
    );
    expect(heard.at(-1)!.loss).toBeLessThan(heard[heard.length / 2]!.loss);
    expect(await run.model.parameters.read()).toEqual(before);
    run.dispose();
    expect(report.findings[0]!.auroc.pretrained.value).toBeGreaterThan(0.9);
    // A run of no steps is at the random start: the same weights, the same training.
    expect(report.findings[0]!.auroc.random).toEqual(report.findings[0]!.auroc.pretrained);
    expect(report.bestEpochs.pretrained).toHaveLength(1);
    expect(report.bestEpochs.random).toEqual(report.bestEpochs.pretrained);
    expect(TASKS.finetune.read(JSON.parse(JSON.stringify(report)), 'report')).toEqual(report);
  }, 240_000);

  it('takes the encoder of a supervised run, and a layer of its own', async () => {
    const { runtime } = await testDevice();
    const changes = { method: 'supervised', classifierOutputs: 5, tuneEpochs: 1 } as const;
    const supervised = tinyConfig({ tuneBatch: 8, ...changes });
    const run = new Pretrainer(supervised, dataset, runtime);
    const around = { run, dataset, onProgress: () => {}, yieldNow: async () => {} };
    const asked = { config: supervised, findings: ['lower'] };
    const report = await evaluateFinetune({ ...around, ...asked });
    const study = { task: 'finetune', encoder: 'run', shares: [1], resampleSeed: 1 } as const;
    const { shares } = await scoreForStudy(around, { ...asked, ...study });
    run.dispose();
    expect(shares[0]!.findings[0]!.aurocs).toEqual([report.findings[0]!.auroc.pretrained.value]);
    expect(report.findings[0]!.auroc.random).toEqual(report.findings[0]!.auroc.pretrained);
  }, 240_000);

  it('begins with weights that are given, beside the random start without them', async () => {
    const { runtime } = await testDevice();
    const short = { ...config, tuneEpochs: 2 };
    const model = new Pretrainer({ ...short, seed: 77 }, dataset, runtime);
    const all = await model.model.parameters.read();
    model.dispose();
    // The backbone alone, as files of other programs hold it.
    const names = backbone(config.width).storages.map(({ name }) => name);
    const parameters = new Map([...all].filter(([name]) => names.includes(name)));
    const given = { label: 'a file', parameters, buffers: new Map() };
    const around = { dataset, config: short, findings: [], onProgress: () => {}, yieldNow: async () => {} };
    const evaluated = async (start: typeof given | null) => {
      const run = new Pretrainer(short, dataset, runtime, start);
      const report = await evaluateFinetune({ ...around, run });
      run.dispose();
      return report;
    };
    const [plain, begun] = [await evaluated(null), await evaluated(given)];
    expect(begun.protocol[0]).toBe('Weights before pretraining: a file.');
    const curve = ({ curves }: typeof plain, start: TunedEpoch['start']) =>
      curves!.filter((epoch) => epoch.start === start).map(({ loss }) => loss);
    expect(curve(begun, 'random')).toEqual(curve(plain, 'random'));
    expect(curve(begun, 'pretrained')).not.toEqual(curve(plain, 'pretrained'));
  }, 240_000);

  it('repeats itself, with views of pretraining as well', async () => {
    for (const tuneViews of ['whole', 'augmented'] as const) {
      const changes = { tuneViews, tuneEpochs: 2 };
      expect(await tuned(changes)).toEqual(await tuned(changes));
    }
  }, 240_000);

  it('moves the layer by a rate of its own, and weighs positives by finding', async () => {
    const { runtime } = await testDevice();
    const noise = new Rng(4, 'synthetic');
    const images = Float32Array.from({ length: 8 * 32 * 32 * 3 }, () => noise.normal());
    const labels = Uint8Array.of(1, 0, 0, 1, 255, 1, 0, 0, 1, 1, 0, 255, 0, 1, 1, 0);
    const stepped = async (factor: number, positives: readonly number[]) => {
      const tuner = new Tuner({ ...config, tuneLayerFactor: factor }, positives, runtime, {
        draw: drawFrom(1),
      });
      const biasOf = (read: Awaited<ReturnType<typeof tuner.parameters.read>>) => [
        ...read.get(`${CLASSIFIER}.bias`)!.data,
      ];
      const before = biasOf(await tuner.parameters.read());
      const loss = await tuner.step(tf.tensor(images, [8, 32, 32, 3]), labels, 1);
      const values = await tuner.parameters.read();
      tuner.dispose();
      // AdamW moves a number by its rate in the first step, whatever the gradient.
      const moved = biasOf(values).map((value, i) => Math.abs(value - before[i]!) / config.tuneRate);
      return { loss, moved, encoder: [...values].filter(([name]) => !name.startsWith(CLASSIFIER)) };
    };
    const [one, ten] = [await stepped(1, [1, 1]), await stepped(10, [1, 1])];
    expect(ten.encoder).toEqual(one.encoder);
    for (const i of [0, 1]) {
      expect(one.moved[i]).toBeCloseTo(1, 2);
      expect(ten.moved[i]).toBeCloseTo(10, 1);
    }
    const [first, second] = [await stepped(1, [3, 1]), await stepped(1, [1, 3])];
    const both = await stepped(1, [3, 3]);
    expect(first.loss).toBeGreaterThan(one.loss);
    expect(first.loss + second.loss - one.loss).toBeCloseTo(both.loss, 5);
  }, 240_000);

  it('does not learn from labels that are not known, nor stops on those of the test films', async () => {
    const hidden = dataset.labels.map((label, i) => (i % 2 === 0 && i < 64 ? 255 : label));
    const blind = await tuned({ tuneEpochs: 3 }, hidden);
    const seeing = await tuned({ tuneEpochs: 3 });
    expect(blind.scores).not.toEqual(seeing.scores);
    const swapped = dataset.labels.map((label, i) => (i >= 84 ? 1 - label : label));
    expect(await tuned({ tuneEpochs: 3 }, swapped)).toEqual(seeing);
  }, 240_000);

  it('goes on after a cut with the numbers of one that was not cut, to the last bit', async () => {
    const { runtime } = await testDevice();
    const changes = { tuneEpochs: 3, tuneViews: 'augmented', tuneLayerFactor: 3, tunePositives: 4 } as const;
    const run = new Pretrainer(config, dataset, runtime);
    const disk = new TestDisk(3);
    const evaluated = async (cutAt: number, kept = true) => {
      const heard: TunedEpoch[] = [];
      const takenUp: string[] = [];
      const report = await evaluateFinetune({
        run,
        dataset,
        config: { ...config, ...changes },
        findings: [],
        ...(kept && { openTrainings: disk.open }),
        onProgress: () => {},
        onTuned: (epoch) => heard.push(epoch),
        onTakenUp: (words) => takenUp.push(words),
        yieldNow: cutting(cutAt),
      });
      return { takenUp, heard, report: { ...report, seconds: 0 } };
    };
    const whole = await evaluated(0, false);
    const held = runtime.memory().inUse;
    // In the first training within an epoch, in the second one at the end of an epoch, and once more.
    await expect(evaluated(13)).rejects.toMatchObject({ code: 'cancelled' });
    expect(disk.files.size).toBe(1);
    await expect(evaluated(40)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(evaluated(8)).rejects.toMatchObject({ code: 'cancelled' });
    const again = await evaluated(0);
    expect(runtime.memory().inUse).toBe(held);
    run.dispose();
    expect(again.takenUp).toHaveLength(1);
    expect(again.takenUp[0]).toMatch(/^Fine-tuning goes on at epoch \d of 3 \(pretrained start, draw 1\)\.$/);
    expect(again.heard).toEqual(whole.heard);
    expect(again.report).toEqual(whole.report);
    expect(disk.files.size).toBe(0);
  }, 240_000);

  it('goes on within a study as well', async () => {
    const { runtime } = await testDevice();
    const short = { ...config, tuneEpochs: 2, labelDraws: 2 };
    const run = new Pretrainer(short, dataset, runtime);
    const disk = new TestDisk(3);
    const request = {
      config: short,
      findings: [],
      task: 'finetune',
      encoder: 'run',
      resampleSeed: 1,
    } as const;
    const takenUp: string[] = [];
    const scored = async (cutAt: number, kept = true) => {
      const around = {
        run,
        dataset,
        ...(kept && { openTrainings: disk.open }),
        onProgress: () => {},
        onTakenUp: (words: string) => takenUp.push(words),
        yieldNow: cutting(cutAt),
      };
      const scores = await scoreForStudy(around, { ...request, shares: [0.5, 1] });
      return { ...scores, seconds: 0 };
    };
    const whole = await scored(0, false);
    await expect(scored(12)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(scored(30)).rejects.toMatchObject({ code: 'cancelled' });
    expect(await scored(0)).toEqual(whole);
    run.dispose();
    expect(takenUp[0]).toMatch(/^Fine-tuning goes on at epoch [12] of 2 \(50 % of the labels, draw 1\)\.$/);
    expect(disk.files.size).toBe(0);
  }, 240_000);

  it('ends when it is called off, and frees what it took', async () => {
    const { runtime } = await testDevice();
    await tuned({ tuneEpochs: 1 });
    const held = runtime.memory().inUse;
    let times = 0;
    const stop = async () => {
      if (++times > 5) throw new AppError('not-ready', 'called off');
    };
    await expect(tuned({}, dataset.labels, stop)).rejects.toMatchObject({ code: 'not-ready' });
    expect(runtime.memory().inUse).toBe(held);
  }, 240_000);
});
