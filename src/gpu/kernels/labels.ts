// The kernels by name, as a person calls them, family by family: one table, which page and engine read alike. A kernel's record
// is in its family's folder; the page reads this file alone.

export const KERNEL_LABELS = {
  // conv: convolutions
  conv2d: 'Convolution',
  conv2dInputGrad: 'Convolution, gradient of the input',
  conv2dFilterGrad: 'Convolution, gradient of the filter',
  // norm: batch norm
  batchNorm: 'Batch norm, training',
  batchNormEval: 'Batch norm, evaluation',
  batchNormApply: 'Batch norm, recomputed',
  batchNormGrad: 'Batch norm, gradient',
  // pool: pooling, means, sums, ReLU and the level operator
  maxPool: 'Max pooling',
  maxPoolGrad: 'Max pooling, gradient',
  spatialMean: 'Mean over a map',
  spatialMeanGrad: 'Mean over a map, gradient',
  add: 'Sum of two maps',
  relu: 'ReLU by itself',
  reluGrad: 'ReLU by itself, gradient',
  levelPool: 'Summary of a level',
  levelPoolGrad: 'Summary of a level, gradient',
  // bottleneck: context bottleneck
  bottleneck: 'Context bottleneck',
  bottleneckApply: 'Context bottleneck, recomputed',
  bottleneckGrad: 'Context bottleneck, gradient',
  // dense: dense layers
  dense: 'Dense layer',
  denseInputGrad: 'Dense layer, gradient of the input',
  denseFilterGrad: 'Dense layer, gradient of the weights',
  columnSums: 'Dense layer, gradient of the bias',
  // half: storage of maps in 16 bits
  toHalf: 'Map into 16-bit floats',
  fromHalf: 'Map out of 16-bit floats',
  // loss: VICReg loss
  vicreg: 'VICReg terms',
  vicregGrad: 'VICReg gradient',
  // barlow: loss of Barlow Twins
  barlow: 'Barlow Twins terms',
  barlowGrad: 'Barlow Twins gradient',
  // contrastive: losses on cosines
  rowNormalise: 'Rows of unit length',
  rowNormaliseGrad: 'Rows of unit length, gradient',
  contrastive: 'Contrastive loss',
  contrastiveGrad: 'Contrastive loss, gradient',
  cosine: 'Cosine loss',
  cosineGrad: 'Cosine loss, gradient',
  queueContrast: 'Contrastive loss with a queue',
  queueContrastGrad: 'Contrastive loss with a queue, gradient',
  enqueue: 'Rows into the queue',
  // places: losses on matched places
  matchPlaces: 'Matched places',
  placeVicreg: 'VICReg of matched places',
  placeVicregGrad: 'VICReg of matched places, gradient',
  // crossEntropy: supervised loss
  crossEntropy: 'Cross-entropy of known labels',
  crossEntropyGrad: 'Cross-entropy of known labels, gradient',
  // masks: decoder that draws masks, and its loss
  upsample: 'Map enlarged twofold',
  upsampleGrad: 'Map enlarged twofold, gradient',
  concatChannels: 'Two maps side by side',
  channelPart: 'Some channels of a map',
  maskLoss: 'Cross-entropy and soft Dice of masks',
  maskLossGrad: 'Cross-entropy and soft Dice of masks, gradient',
  // optimiser: optimisers and of what follows their updates
  larsUpdate: 'LARS update',
  adamwUpdate: 'AdamW update',
  movingAverage: 'Moving average of weights',
  // views: rendering of views
  renderViews: 'Augmented views',
  resizeEval: 'Whole films, resized',
} as const;

export type KernelName = keyof typeof KERNEL_LABELS;
