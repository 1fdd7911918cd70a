// The kernels of the optimisers, as a person calls them.

export const LABELS = {
  larsUpdate: 'LARS update',
  adamwUpdate: 'AdamW update',
} as const;
