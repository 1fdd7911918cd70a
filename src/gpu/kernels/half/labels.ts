// The kernels of the storage of maps in 16 bits, as a person calls them.

export const LABELS = {
  toHalf: 'Map into 16-bit floats',
  fromHalf: 'Map out of 16-bit floats',
} as const;
