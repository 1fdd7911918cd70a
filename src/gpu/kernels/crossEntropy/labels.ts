// The kernels of the supervised loss, as a person calls them.

export const LABELS = {
  crossEntropy: 'Cross-entropy of known labels',
  crossEntropyGrad: 'Cross-entropy of known labels, gradient',
} as const;
