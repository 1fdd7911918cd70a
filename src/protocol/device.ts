// What crosses between page and engine about the GPU: what a configuration will need of it (plan/budget.ts), without which kernels
// and in which of their forms to run, and how its numbers are checked. Recorded fixtures: the files of a folder go in, rows come out;
// their format is read in checks/parity. The self-test: a row for each thing compared, and a verdict in one sentence; errors are
// distances from a plain computation on the processor, and what is compared, and how, is up to checks/selftest.

import type { PresetName } from '../config/presets.ts';
import { KERNEL_LABELS, type KernelName } from '../gpu/kernels/labels.ts';
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

export { KERNEL_LABELS, type KernelName };

export const KERNEL_NAMES = Object.keys(KERNEL_LABELS) as KernelName[];

export const isKernelName = (name: string): name is KernelName => Object.hasOwn(KERNEL_LABELS, name);

/** Fixed before a run is prepared, because every choice rounds differently. */
export interface KernelOptions {
  /** Kernels that stock TensorFlow.js operations replace. */
  readonly without: readonly KernelName[];
  /**
   * Which form of its programs a kernel takes: `fixed` by the kind of adapter; `measured` on this adapter, once, and
   * kept; or given, kernel by kernel, over what is fixed.
   */
  readonly forms: 'fixed' | 'measured' | Readonly<Partial<Record<KernelName, string>>>;
}

export const ALL_KERNELS: KernelOptions = { without: [], forms: 'fixed' };

export interface KernelFacts {
  readonly name: KernelName;
  readonly on: boolean;
  /** What runs where it is off, in the names of TensorFlow.js. */
  readonly instead: string;
  /** The form taken of those that this adapter can run; null where there is but one. */
  readonly form: string | null;
  readonly forms: readonly KernelForm[];
}

export interface KernelForm {
  readonly name: string;
  /** Of the measurement, for all its shapes together; null where it was not measured. */
  readonly ms: number | null;
  /** Why it is not taken however fast it is. */
  readonly fault?: string;
}

/** One quantity of one fixture, compared. */
export interface ParityRow {
  readonly fixture: string;
  readonly quantity: string;
  /** Which tensor, where a quantity has many. */
  readonly of?: string;
  /** Measured as the tolerance is; the largest number where nothing finite was found. */
  readonly error: number;
  readonly tolerance: number;
  readonly ok: boolean;
  /** Not compared, because this program has nothing that would compute it; counts neither as within nor as outside. */
  readonly unchecked?: true;
  /** Why, where something could not be compared at all. */
  readonly note?: string;
}

export interface ParityRequest {
  /** By name: index.json, a json for each kind, and the safetensors they speak of. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Kinds to check; empty for all of the index. */
  readonly kinds: readonly string[];
}

/** `relative`: ||found - wanted|| / ||wanted||. `levels`: largest distance in grey levels of 0 to 255. */
export type ErrorUnit = 'relative' | 'levels';

export interface SelfTestRow {
  readonly part: 'kernel' | 'step';
  /** In words: a kernel, or a part of the training step. */
  readonly name: string;
  /** Shapes and variant. */
  readonly detail: string;
  /** Null where nothing could be compared. */
  readonly error: number | null;
  readonly unit: ErrorUnit;
  readonly tolerance: number;
  readonly ok: boolean;
  /** What the driver or the program said. */
  readonly fault?: string;
}

export interface SelfTestReport {
  readonly rows: readonly SelfTestRow[];
  readonly ok: boolean;
  /** The verdict for a person. */
  readonly sentence: string;
  readonly seconds: number;
}
