// The kernels of the VICReg loss, as a person calls them.

export const LABELS = {
  vicreg: 'VICReg terms',
  vicregGrad: 'VICReg gradient',
} as const;
