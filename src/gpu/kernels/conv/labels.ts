// The kernels of the convolutions, as a person calls them.

export const LABELS = {
  conv2d: 'Convolution',
  conv2dInputGrad: 'Convolution, gradient of the input',
  conv2dFilterGrad: 'Convolution, gradient of the filter',
} as const;
