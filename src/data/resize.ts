// Shrinks a grey plane by exact area averaging: each new pixel is the mean of the old ones it covers, with
// fractional cover at the edges, so nothing aliases and the mean brightness stays. Never enlarges.

export interface Plane {
  readonly width: number;
  readonly height: number;
  /** width * height, row-major, 0 is black. */
  readonly bytes: Uint8Array;
}

/**
 * Size of square pixels with the same shape, whose longer side is at most `longest`; each side at least one pixel
 * and neither larger than before.
 * @param aspect height of a pixel over its width
 */
export function fitSize(
  width: number,
  height: number,
  longest: number,
  aspect = 1,
): { width: number; height: number } {
  const across = aspect > 1 ? width / aspect : width;
  const down = aspect < 1 ? height * aspect : height;
  const factor = Math.min(1, longest / Math.max(across, down));
  return { width: Math.max(1, Math.round(across * factor)), height: Math.max(1, Math.round(down * factor)) };
}

interface Cover {
  /** First old pixel under each new one, and one past the last. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Weights of the old pixels, new pixel by new pixel; those of one new pixel sum to one. */
  readonly weights: Float32Array;
}

function coverOf(before: number, after: number): Cover {
  const step = before / after;
  const from = new Int32Array(after);
  const to = new Int32Array(after);
  const weights: number[] = [];
  for (let i = 0; i < after; i++) {
    const start = i * step;
    const end = Math.min(start + step, before);
    from[i] = Math.floor(start);
    to[i] = Math.min(Math.ceil(end - 1e-9), before);
    for (let k = from[i]!; k < to[i]!; k++) {
      weights.push((Math.min(k + 1, end) - Math.max(k, start)) / (end - start));
    }
  }
  return { from, to, weights: Float32Array.from(weights) };
}

/** @param longest longest side of the result, px. @returns the plane itself when it already fits */
export function shrink(plane: Plane, longest: number, aspect = 1): Plane {
  const { width, height } = fitSize(plane.width, plane.height, longest, aspect);
  if (width === plane.width && height === plane.height) return plane;
  const across = coverOf(plane.width, width);
  const down = coverOf(plane.height, height);
  const bytes = new Uint8Array(width * height);
  const sums = new Float32Array(width);
  let downWeight = 0;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = down.from[y]!; row < down.to[y]!; row++) {
      addRow(plane, row, down.weights[downWeight++]!, across, sums);
    }
    for (let x = 0; x < width; x++) bytes[y * width + x] = sums[x]! + 0.5;
  }
  return { width, height, bytes };
}

function addRow(plane: Plane, row: number, weight: number, { from, to, weights }: Cover, sums: Float32Array) {
  const base = row * plane.width;
  let k = 0;
  for (let x = 0; x < sums.length; x++) {
    let sum = 0;
    for (let column = from[x]!; column < to[x]!; column++) sum += plane.bytes[base + column]! * weights[k++]!;
    sums[x] = sums[x]! + sum * weight;
  }
}
