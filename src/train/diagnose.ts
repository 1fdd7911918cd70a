// Where a step goes wrong: the step is taken once more, and everything on its way is looked at in the order in which it is
// made: images, weights, levels, heads, gradients. Used after the loss has ceased to be a number or has run away; the
// state of the run is spoilt by it, so the caller restores it afterwards. And how large a gradient is while a run is in order: the
// first step that is observed gives it, to say at which size clipping would leave such a step alone.

import { sizeOf, type Tensor } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { levelWidths } from '../methods/encoder/network.ts';
import { LEVELS } from '../methods/record/statistics.ts';
import type { Pretrainer } from './pretrain.ts';
import type { StepObserver } from './trainingStep.ts';

export interface Diagnosis {
  /** Words for what is bad first: `the images of the batch`, a level, a head, or null where the forward pass is in order. */
  readonly place: string | null;
  /** Name of the first level that is not finite, or all zero; or null. */
  readonly level: string | null;
  /**
   * The parameter concerned: one whose value is no number before the step; else the first on the way back with a gradient
   * that is none; else the one with the largest gradient.
   */
  readonly parameter: string;
}

type Named = { readonly name: string; readonly values: Promise<Float32Array> };

const isBad = (values: Float32Array) => values.some((value) => !Number.isFinite(value));
const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** `run` stands before the step in question. */
export async function diagnose(run: Pretrainer, observe?: StepObserver): Promise<Diagnosis> {
  const { runtime, config } = run;
  const read = (tensor: Tensor) => {
    const values = runtime.read(tensor, sizeOf(tensor.shape) * 4);
    values.catch(() => undefined);
    return values;
  };
  const ahead: Named[] = [];
  const gradients: Named[] = [];
  let pooled: Promise<Float32Array> | null = null;
  await run.ready();
  const before = run.capture();
  const step = run.submitReady({
    images(images, index) {
      observe?.images?.(images, index);
      ahead.push({ name: 'the images of the batch', values: read(images) });
    },
    forward(made) {
      pooled = read(made.pooled);
      for (const [head, embedding] of Object.entries(made.embeddings)) {
        ahead.push({ name: `the ${head} head`, values: read(embedding) });
      }
    },
    gradients(made) {
      for (const [name, gradient] of made) gradients.push({ name, values: read(gradient) });
    },
  });
  // What it says is known; here the way to it counts.
  await step.catch(() => undefined);
  const level = firstBadLevel(await pooled!, levelWidths(config.width));
  const [images, ...heads] = ahead;
  const badImages = isBad(await images!.values);
  const weight = firstBad([...(await before).parameters].map(([name, { data }]) => ({ name, data })));
  const head = firstBad(
    await Promise.all(heads.map(async ({ name, values }) => ({ name, data: await values }))),
  );
  const place = badImages ? images!.name : (weight ?? level ?? head);
  return { place, level, parameter: weight ?? (await worstGradient(gradients)) };
}

const firstBad = (list: readonly { name: string; data: Float32Array }[]): string | null =>
  list.find(({ data }) => isBad(data))?.name ?? null;

/**
 * `pooled` is [2N, 16, sum C_l], the levels' channels side by side. A rectifier may have made zeros of what was bad, for all
 * films of a view, which batch norm takes together.
 */
function firstBadLevel(pooled: Float32Array, widths: readonly number[]): string | null {
  const total = widths.reduce((a, b) => a + b, 0);
  let first = 0;
  for (const [level, width] of widths.entries()) {
    const alive = [false, false];
    for (let at = first; at < pooled.length; at += total) {
      const values = pooled.subarray(at, at + width);
      if (isBad(values)) return LEVELS[level]!;
      if (values.some((value) => value !== 0)) alive[Math.floor((2 * at) / pooled.length)] = true;
    }
    if (alive.includes(false)) return LEVELS[level]!;
    first += width;
  }
  return null;
}

async function worstGradient(gradients: readonly Named[]): Promise<string> {
  let worst = { name: '', size: -1 };
  for (const { name, values } of gradients) {
    const data = await values;
    if (isBad(data)) return name;
    const size = largest(data);
    if (size > worst.size) worst = { name, size };
  }
  return worst.name;
}

export interface GradientSize {
  readonly observer: StepObserver;
  /** The largest |g| among all numbers of all gradients; null where none was seen, or one is not finite. */
  largest(): Promise<number | null>;
}

export function gradientSize(runtime: Runtime, observe?: StepObserver): GradientSize {
  let reads: Promise<Float32Array>[] | null = null;
  const read = (gradient: Tensor) => {
    const values = runtime.read(gradient, sizeOf(gradient.shape) * 4);
    // When the device goes, all of them fail, and only the first is waited for.
    values.catch(() => undefined);
    return values;
  };
  return {
    observer: {
      ...observe,
      gradients(made) {
        observe?.gradients?.(made);
        reads ??= [...made.values()].map(read);
      },
    },
    async largest() {
      let most = 0;
      for (const values of reads ?? []) {
        for (const value of await values) most = Math.max(most, Math.abs(value));
      }
      return most > 0 && Number.isFinite(most) ? most : null;
    },
  };
}
