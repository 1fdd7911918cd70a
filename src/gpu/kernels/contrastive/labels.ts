// The kernels of losses on cosines, as a person calls them.

export const LABELS = {
  rowNormalise: 'Rows of unit length',
  rowNormaliseGrad: 'Rows of unit length, gradient',
  contrastive: 'Contrastive loss',
  contrastiveGrad: 'Contrastive loss, gradient',
  cosine: 'Cosine loss',
  cosineGrad: 'Cosine loss, gradient',
  queueContrast: 'Contrastive loss with a queue',
  queueContrastGrad: 'Contrastive loss with a queue, gradient',
  enqueue: 'Rows into the queue',
} as const;
