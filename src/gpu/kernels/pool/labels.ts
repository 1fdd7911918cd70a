// The kernels of pooling, means, sums, ReLU and the level operator, as a person calls them.

export const LABELS = {
  maxPool: 'Max pooling',
  maxPoolGrad: 'Max pooling, gradient',
  spatialMean: 'Mean over a map',
  spatialMeanGrad: 'Mean over a map, gradient',
  add: 'Sum of two maps',
  relu: 'ReLU by itself',
  reluGrad: 'ReLU by itself, gradient',
  levelPool: 'Summary of a level',
  levelPoolGrad: 'Summary of a level, gradient',
} as const;
