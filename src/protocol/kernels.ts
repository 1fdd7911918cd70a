// The kernels by name, as a person calls them, and what the page may ask of them: to run without some, and in which of
// their forms. What a kernel computes is in gpu/kernels; a type in checks/selftest/cases.ts holds this list to that table.

export const KERNEL_LABELS = {
  conv2d: 'Convolution',
  conv2dInputGrad: 'Convolution, gradient of the input',
  conv2dFilterGrad: 'Convolution, gradient of the filter',
  batchNorm: 'Batch norm, training',
  batchNormEval: 'Batch norm, evaluation',
  batchNormApply: 'Batch norm, made again',
  batchNormGrad: 'Batch norm, gradient',
  maxPool: 'Max pooling',
  maxPoolGrad: 'Max pooling, gradient',
  bottleneck: 'Context bottleneck',
  bottleneckApply: 'Context bottleneck, made again',
  bottleneckGrad: 'Context bottleneck, gradient',
  spatialMean: 'Mean over a map',
  spatialMeanGrad: 'Mean over a map, gradient',
  add: 'Sum of two maps',
  levelPool: 'Summary of a level',
  levelPoolGrad: 'Summary of a level, gradient',
  dense: 'Dense layer',
  denseInputGrad: 'Dense layer, gradient of the input',
  denseFilterGrad: 'Dense layer, gradient of the weights',
  columnSums: 'Dense layer, gradient of the bias',
  vicreg: 'VICReg terms',
  vicregGrad: 'VICReg gradient',
  larsUpdate: 'LARS update',
  adamwUpdate: 'AdamW update',
  renderViews: 'Augmented views',
  resizeEval: 'Whole films, resized',
} as const;

export type KernelName = keyof typeof KERNEL_LABELS;

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
