// What a configuration will need of the GPU, as the engine answers it (plan/budget.ts) and the page shows it.

import type { PresetName } from '../config/presets.ts';
import { AppError } from '../util/errors.ts';

/** The limits of a WebGPU adapter that decide whether a run fits, in bytes unless named otherwise. */
export interface AdapterLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** Bytes of the largest buffer that an adapter allows a kernel to use. */
export const bufferLimit = ({ maxBufferSize, maxStorageBufferBindingSize }: AdapterLimits): number =>
  Math.min(maxBufferSize, maxStorageBufferBindingSize);

export interface Budget {
  readonly parameters: number;
  /** Weights, running statistics and what the optimiser holds. */
  readonly parameterBytes: number;
  /** Everything else at its peak: films, views, maps kept for the gradient, gradients in flight, staging. */
  readonly activationBytes: number;
  readonly totalBytes: number;
  readonly largestBufferBytes: number;
  /** What the largest buffer is for, in words. */
  readonly largestBufferName: string;
  readonly fits: boolean;
  /** Why it does not fit, in words. */
  readonly reason?: string;
  /** The preset that does: the unchanged one, or the first smaller. */
  readonly proposal?: PresetName;
  /** The largest batch with which the same settings do, films. */
  readonly batch?: number;
}

/** The error of a configuration that cannot be met; null for one that fits. */
export function refusalOf({ fits, reason, proposal, batch }: Budget): AppError | null {
  return fits ? null : new AppError('does-not-fit', reason, { data: { proposal, batch } });
}
