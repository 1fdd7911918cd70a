// Sizes of the scratch memory that the split sums of a kernel take, in floats. They follow the tiles of gpu/kernels
// closely, not to the last number; what they leave out is small against a step's maps.

export interface Machine {
  /** A software adapter: few threads, so few partial sums. */
  readonly software: boolean;
}

const lanesOf = (channels: number) => [4, 3, 2].find((lanes) => channels % lanes === 0) ?? 1;

/** Partial filters of a filter gradient (convFilterTile.ts): every thread sums over its share of output rows. */
export function filterPartials(
  { software }: Machine,
  c: { kernel: number; inputs: number; outputs: number; films: number; side: number },
): number[] {
  const { kernel, inputs, outputs, films, side } = c;
  const quads = outputs <= 4 ? 1 : software && kernel === 1 && outputs > 8 ? 4 : 2;
  const tapRows = software && kernel <= 3 ? kernel : 1;
  const blocks = (inputs / lanesOf(inputs)) * Math.ceil(outputs / (4 * quads)) * (kernel / tapRows);
  const units = Math.max(1, Math.ceil((films * side * side) / 8));
  const chunks = Math.min(units, Math.ceil((software ? 256 : 16384) / blocks));
  return chunks > 1 ? [chunks * kernel * kernel * inputs * outputs] : [];
}

/** Partial products of a dense layer (denseTile.ts), rows x inner times inner x columns. */
export function densePartials(
  { software }: Machine,
  rows: number,
  inner: number,
  columns: number,
  bias = false,
): number[] {
  const across = Math.ceil(columns / 8) * Math.ceil(rows / (software ? 16 : 4));
  const share = Math.max(64, Math.ceil(inner / Math.ceil((software ? 64 : 16384) / across)));
  const parts = Math.ceil(inner / share);
  return parts > 1 || bias ? [parts * rows * columns] : [];
}

/** Partial moments of batch norm over `rows` per view (batchNorm.ts). */
export function normPartials(rows: number, channels: number): number[] {
  if (rows <= 256) return [];
  const lanes = channels % 4 === 0 ? 4 : 1;
  const chunks = Math.min(128, Math.floor((2048 * lanes) / channels), Math.floor(rows / 8));
  return [4 * Math.max(1, chunks) * channels, 4 * channels];
}
