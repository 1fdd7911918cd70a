// The kernels of the loss of Barlow Twins, as a person calls them.

export const LABELS = {
  barlow: 'Barlow Twins terms',
  barlowGrad: 'Barlow Twins gradient',
} as const;
