// The kernels of losses on matched places, as a person calls them.

export const LABELS = {
  matchPlaces: 'Matched places',
  placeVicreg: 'VICReg of matched places',
  placeVicregGrad: 'VICReg of matched places, gradient',
} as const;
