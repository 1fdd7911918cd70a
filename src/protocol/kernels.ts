// What the page may ask of the kernels: to run without some, and in which of their forms. What a kernel computes, and what
// it is called, is in its folder under gpu/kernels.

import { KERNEL_LABELS, type KernelName } from '../gpu/kernels/labels.ts';

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
