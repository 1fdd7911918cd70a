// Segmentation on the GPU: a decoder draws what can be seen, on a frozen encoder and a tuned one; it leaves the run whose encoder
// it copies as it is, and frees what it took. The gradient of the decoder is held to differences of its loss.

import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../config/schema.ts';
import { tf } from '../../gpu/kernel.ts';
import { maskLoss, maskLossGrad } from '../../gpu/kernels/masks/maskLoss.ts';
import { given } from '../../gpu/kernels/parts/case.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import type { EncoderOutput } from '../../methods/encoder/encode.ts';
import { levelShapes } from '../../methods/encoder/network.ts';
import { Parameters } from '../../nn/parameters.ts';
import { Tape } from '../../nn/tape.ts';
import { drawFrom } from '../../train/initialise.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { tinyConfig } from '../../train/testRun.ts';
import { AppError } from '../../util/errors.ts';
import { TASKS } from '../records.ts';
import { scoreForStudy } from '../study.ts';
import { decode, decoderNetwork } from './decoder.ts';
import { type DrawnOnTest, evaluateSegmentation } from './evaluate.ts';
import { squares } from './testSquares.ts';

const dataset = squares(36, 32);
const config: Config = tinyConfig({
  maskEpochs: 5,
  maskBatch: 8,
  maskRate: 1e-2,
  randomEncoders: 1,
  imageSize: 32,
});

async function evaluated(changes: Partial<Config> = {}, yieldNow = async () => {}) {
  const { runtime } = await testDevice();
  const run = new Pretrainer(config, dataset, runtime);
  try {
    const before = await run.model.parameters.read();
    let drawn: DrawnOnTest | null = null;
    const report = await evaluateSegmentation({
      run,
      dataset,
      config: { ...config, ...changes },
      findings: [],
      onProgress: () => {},
      onMasks: (masks) => {
        drawn = masks;
      },
      yieldNow,
    });
    expect(await run.model.parameters.read()).toEqual(before);
    return { report, drawn: drawn! as DrawnOnTest };
  } finally {
    run.dispose();
  }
}

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

describe('segmentation', () => {
  it('draws what can be seen, reports both starts and what it drew, and leaves the run as it is', async () => {
    const { report, drawn } = await evaluated();
    const { dicePositive, dice } = report.scores;
    expect(dicePositive.pretrained.value).toBeGreaterThan(0.5);
    // A run of no steps is at the random start: the same weights, the same decoder, the same training.
    expect(dicePositive.random).toEqual(dicePositive.pretrained);
    expect(dice.gain).toEqual({ value: 0, low: 0, high: 0 });
    expect(report.bestEpochs.random).toEqual(report.bestEpochs.pretrained);
    expect([...drawn.masks.keys()]).toEqual(
      [...dataset.splits.keys()].filter((film) => dataset.splits[film] === 2),
    );
    expect(report.films.test.withMask + report.films.test.without).toBe(drawn.masks.size);
    expect(report.examples.length).toBeGreaterThan(2);
    expect(TASKS.segmentation.read(JSON.parse(JSON.stringify(report)), 'report')).toEqual(report);
  }, 240_000);

  it('tunes the encoder with it, and takes the bottlenecks or not', async () => {
    const changes = { maskEncoder: 'tuned', maskEpochs: 1 } as const;
    const [plain, attended] = [
      await evaluated({ ...changes, probeFeatures: 'plain' }),
      await evaluated({ ...changes, probeFeatures: 'attended' }),
    ];
    expect(plain.report.encoder).toBe('tuned');
    expect(plain.report.scores).not.toEqual(attended.report.scores);
  }, 240_000);

  it('ends when it is called off, and frees what it took', async () => {
    const { runtime } = await testDevice();
    await evaluated({ maskEpochs: 1 });
    const held = runtime.memory().inUse;
    let times = 0;
    const stop = async () => {
      if (++times > 5) throw new AppError('not-ready', 'called off');
    };
    await expect(evaluated({}, stop)).rejects.toMatchObject({ code: 'not-ready' });
    expect(runtime.memory().inUse).toBe(held);
  }, 240_000);
});

it('gives a study the Dice of films with a mask that the evaluation reports', async () => {
  const { runtime } = await testDevice();
  const { report } = await evaluated({ maskEpochs: 1 });
  const run = new Pretrainer(config, dataset, runtime);
  try {
    const around = { run, dataset, onProgress: () => {}, yieldNow: async () => {} };
    const asked = {
      task: 'segmentation',
      encoder: 'run',
      findings: [],
      shares: [1],
      resampleSeed: 1,
    } as const;
    const found = await scoreForStudy(around, { ...asked, config: { ...config, maskEpochs: 1 } });
    const { value, low, high } = report.scores.dicePositive.pretrained;
    const [masks] = found.shares[0]!.findings;
    expect(masks).toMatchObject({ positives: report.films.test.withMask, aurocs: [value] });
    const resampled = masks!.resampled.filter((one) => one !== null).sort((a, b) => a - b);
    expect(resampled.at(0)).toBeLessThanOrEqual(low!);
    expect(resampled.at(-1)).toBeGreaterThanOrEqual(high!);
  } finally {
    run.dispose();
  }
}, 240_000);

describe('the decoder', () => {
  it('has the gradient of its loss, for its own weights and for the levels, on odd sides too', async () => {
    await testDevice();
    await tf.setBackend('cpu');
    const [films, width, side] = [3, 2, 22];
    const shapes = levelShapes(width, side, side);
    const maps = shapes.map(([h, w, c], i) => given([films, h, w, c], i + 1));
    const truth = given([films, side, side], 9).data.map((value) => Number(value > 0.5));
    const parameters = new Parameters(decoderNetwork(width), drawFrom(3));
    const lossAt = (change: (name: string, data: Float32Array) => void, back = false) => {
      const tape = new Tape();
      const levels = maps.map(({ shape, data }, i) => {
        const values = Float32Array.from(data);
        change(`a${i + 1}`, values);
        return tf.tensor(values, [...shape]);
      });
      const pass = { parameters, tape, norm: 'batch', groups: 1 } as const;
      const watched = new Map<string, Float32Array>();
      if (back) {
        for (const [i, level] of levels.entries()) {
          tape.watch(level, (gradient) => watched.set(`a${i + 1}`, gradient.dataSync() as Float32Array));
        }
      }
      const logits = decode(pass, levels as unknown as EncoderOutput['levels'], side, false);
      const target = tf.tensor(truth, [films, side, side]);
      const { terms, sums } = maskLoss.named({ logits, truth: target }, {});
      const loss = terms.dataSync()[0]!;
      tape.accumulate(logits, maskLossGrad.one({ logits, truth: target, sums }, {}));
      for (const [name, gradient] of tape.backward()) {
        watched.set(name, gradient.dataSync() as Float32Array);
        gradient.dispose();
      }
      tf.dispose([...levels, target, terms, sums]);
      return { loss, watched };
    };
    const { watched } = lossAt(() => {}, true);
    expect(watched.size).toBe(5 + 5 * 6 + 2);
    // Along the gradient itself, which moves each number by little. A kink of a ReLU may lie at the point, on one side of it.
    const { loss } = lossAt(() => {});
    for (const name of ['a1', 'a3', 'a5']) {
      const slope = watched.get(name)!;
      const length = Math.hypot(...slope);
      const ratios = [0.002, -0.002].map((far) => {
        const moved = lossAt((of, data) => {
          if (of === name) for (const [i, value] of slope.entries()) data[i]! += (far * value) / length;
        });
        return (moved.loss - loss) / far / length;
      });
      expect(Math.min(...ratios.map((ratio) => Math.abs(ratio - 1)))).toBeLessThan(0.01);
    }
    parameters.dispose();
    await tf.setBackend('webgpu');
  });
});
