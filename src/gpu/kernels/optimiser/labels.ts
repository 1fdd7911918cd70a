// The kernels of the optimisers and of what follows their updates, as a person calls them.

export const LABELS = {
  larsUpdate: 'LARS update',
  adamwUpdate: 'AdamW update',
  movingAverage: 'Moving average of weights',
} as const;
