// The kernels of the dense layers, as a person calls them.

export const LABELS = {
  dense: 'Dense layer',
  denseInputGrad: 'Dense layer, gradient of the input',
  denseFilterGrad: 'Dense layer, gradient of the weights',
  columnSums: 'Dense layer, gradient of the bias',
} as const;
