// The kernels of the context bottleneck, as a person calls them.

export const LABELS = {
  bottleneck: 'Context bottleneck',
  bottleneckApply: 'Context bottleneck, recomputed',
  bottleneckGrad: 'Context bottleneck, gradient',
} as const;
