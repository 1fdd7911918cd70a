// Shapes of tensors: how many numbers they hold, and how they are read where the rank is known.

/** Dimensions, the last running fastest. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** The dimensions of a map, [N, H, W, C], or of a filter, [kh, kw, in, out]. */
export function shape4(shape: Shape): [number, number, number, number] {
  if (shape.length !== 4) throw new Error(`four dimensions were expected, not [${shape.join(', ')}]`);
  return [...shape] as [number, number, number, number];
}
