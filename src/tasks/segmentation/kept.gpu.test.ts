// Segmentation that is cut, on the GPU: asked for again it goes on where it was kept, within an evaluation and within a study, and ends
// with the numbers of one that was not cut; what is of other masks, or not whole, is not taken.

import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../config/schema.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { tinyConfig } from '../../train/testRun.ts';
import { readSafetensors, writeSafetensors } from '../../util/safetensors.ts';
import { scoreForStudy } from '../study.ts';
import { cutting, TestDisk } from '../testTrainings.ts';
import { type DrawnOnTest, evaluateSegmentation } from './evaluate.ts';
import { squares } from './testSquares.ts';

const PATIENCE = 240_000;
const SQUARES = squares(36, 32);
const CONFIG = tinyConfig({
  maskEpochs: 3,
  maskBatch: 4,
  maskRate: 1e-2,
  randomEncoders: 1,
  imageSize: 32,
});

/** The same films with other masks. */
function masked(change: (inside: Uint8Array, film: number) => Uint8Array): TrainingSet {
  return {
    ...SQUARES,
    masks: {
      read: async (films, ...asked) => {
        const drawn = await SQUARES.masks!.read(films, ...asked);
        return { ...drawn, inside: drawn.inside.map((inside, i) => inside && change(inside, films[i]!)) };
      },
    },
  };
}

/** The longer a decoder learns, the worse it does on validation films, where all but the square is inside. */
const CONTRARY = masked((inside, film) =>
  SQUARES.splits[film] === 1 ? inside.map((value) => 1 - value) : inside,
);
/** A corner more of each. */
const GROWN = masked((inside) => Uint8Array.from(inside).fill(1, 0, 40));

async function withRun<T>(work: (run: Pretrainer) => Promise<T>): Promise<T> {
  const { runtime } = await testDevice();
  const run = new Pretrainer(CONFIG, SQUARES, runtime);
  try {
    // So that the pretrained encoder is none of the random ones.
    for (let step = 0; step < 2; step++) await run.submitStep();
    return await work(run);
  } finally {
    run.dispose();
  }
}

interface Asked {
  readonly disk?: TestDisk;
  /** Called off at this piece of work. */
  readonly cutAt?: number;
  readonly changes?: Partial<Config>;
  readonly dataset?: TrainingSet;
}

/** An evaluation without its time, what it drew, and what it said of going on. */
async function evaluated(run: Pretrainer, { disk, cutAt = 0, changes, dataset = SQUARES }: Asked = {}) {
  const takenUp: string[] = [];
  const stages: string[] = [];
  let drawn: DrawnOnTest | null = null;
  const report = await evaluateSegmentation({
    run,
    dataset,
    config: { ...CONFIG, ...changes },
    findings: [],
    ...(disk && { openTrainings: disk.open }),
    onProgress: (stage) => stages.push(stage),
    onTakenUp: (words) => takenUp.push(words),
    onMasks: (masks) => {
      drawn = masks;
    },
    yieldNow: cutting(cutAt),
  });
  return { found: { ...report, seconds: 0 }, drawn: drawn! as DrawnOnTest, takenUp, stages };
}

const CANCELLED = { code: 'cancelled' };

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

describe('segmentation that is cut', { timeout: PATIENCE }, () => {
  it.each([
    ['the encoder frozen', { maskEncoder: 'frozen' }, SQUARES, 3],
    ['the encoder tuned', { maskEncoder: 'tuned' }, SQUARES, 3],
    ['stopped two epochs after the best', { maskEpochs: 5, maskPatience: 2 }, CONTRARY, 1],
  ] as const)(
    'goes on with the numbers of one that was not cut, to the last bit: %s',
    async (_, changes, dataset, best) =>
      withRun(async (run) => {
        const { runtime } = await testDevice();
        const whole = await evaluated(run, { changes, dataset });
        expect(whole.found.bestEpochs).toEqual({ pretrained: [best], random: [best] });
        const held = runtime.memory().inUse;
        const disk = new TestDisk(3);
        const cut = (cutAt: number) => evaluated(run, { changes, dataset, disk, cutAt });
        // In the first training within an epoch; soon again; in the second one, behind its first epoch.
        await expect(cut(13)).rejects.toMatchObject(CANCELLED);
        expect(disk.words.at(-1)).toMatch(/^random encoder 1, draw 1, epoch 2 of [35]$/);
        await expect(cut(4)).rejects.toMatchObject(CANCELLED);
        await expect(cut(33)).rejects.toMatchObject(CANCELLED);
        expect(disk.words.at(-1)).toMatch(/^pretrained encoder, draw 1, epoch 2 of [35]$/);
        const again = await evaluated(run, { changes, dataset, disk });
        expect(again.takenUp).toEqual([
          expect.stringMatching(/^The decoder goes on at epoch 2 of [35] \(pretrained encoder, draw 1\)\.$/),
        ]);
        // What was trained is not trained again.
        expect(again.stages.join()).not.toContain('random encoder');
        expect(again.found).toEqual(whole.found);
        expect(again.drawn).toEqual(whole.drawn);
        expect(disk.files.size).toBe(0);
        expect(runtime.memory().inUse).toBe(held);
      }),
  );

  it('goes on within a study as well', () =>
    withRun(async (run) => {
      const asked = { task: 'segmentation', encoder: 'run', findings: [], resampleSeed: 1 } as const;
      const disk = new TestDisk(3);
      const takenUp: string[] = [];
      const scored = async (cutAt: number, kept = true) => {
        const around = {
          run,
          dataset: SQUARES,
          ...(kept && { openTrainings: disk.open }),
          onProgress: () => {},
          onTakenUp: (words: string) => takenUp.push(words),
          yieldNow: cutting(cutAt),
        };
        const config = { ...CONFIG, maskEpochs: 2, labelDraws: 2 };
        return { ...(await scoreForStudy(around, { ...asked, config, shares: [0.5, 1] })), seconds: 0 };
      };
      const whole = await scored(0, false);
      await expect(scored(15)).rejects.toMatchObject(CANCELLED);
      await expect(scored(30)).rejects.toMatchObject(CANCELLED);
      expect(await scored(0)).toEqual(whole);
      expect(takenUp).toEqual([
        'The decoder goes on at epoch 2 of 2 (50 % of the labels, draw 1).',
        'The decoder goes on at epoch 1 of 2 (100 % of the labels, draw 1).',
      ]);
      expect(disk.files.size).toBe(0);
    }));

  it('begins anew where what is kept is torn, or lacks a moment of the optimiser', () =>
    withRun(async (run) => {
      const whole = await evaluated(run);
      const disk = new TestDisk(3);
      await expect(evaluated(run, { disk, cutAt: 13 })).rejects.toMatchObject(CANCELLED);
      const [[key, bytes]] = [...disk.files] as [[string, Uint8Array]];
      const { tensors, metadata } = readSafetensors(bytes);
      const moments = [...tensors.keys()].filter((name) => name.includes('moment2'));
      expect(moments.length).toBeGreaterThan(5);
      tensors.delete(moments[0]!);
      const lacking = writeSafetensors(tensors as Parameters<typeof writeSafetensors>[0], metadata);
      for (const damaged of [bytes.slice(0, -7), lacking]) {
        disk.files.set(key, damaged);
        const again = await evaluated(run, { disk });
        expect(again.takenUp).toEqual([]);
        expect(again.found).toEqual(whole.found);
      }
    }));

  it('does not go on where something else is drawn on the same films', () =>
    withRun(async (run) => {
      const disk = new TestDisk(3);
      await expect(evaluated(run, { disk, cutAt: 13 })).rejects.toMatchObject(CANCELLED);
      const { takenUp } = await evaluated(run, { disk, dataset: GROWN });
      expect(takenUp).toEqual([]);
      expect(disk.files.size).toBe(1);
    }));
});
