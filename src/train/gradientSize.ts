// How large a gradient is while a run is in order: the first step that is observed gives it. Used to say at which size
// clipping would leave such a step alone. What other observers want to see of the step they see too.

import { sizeOf, type Tensor } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import type { StepObserver } from './trainingStep.ts';

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
