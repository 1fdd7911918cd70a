// The kernels of batch norm, as a person calls them.

export const LABELS = {
  batchNorm: 'Batch norm, training',
  batchNormEval: 'Batch norm, evaluation',
  batchNormApply: 'Batch norm, recomputed',
  batchNormGrad: 'Batch norm, gradient',
} as const;
