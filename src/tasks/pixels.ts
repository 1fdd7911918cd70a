// The raw-pixel baseline's features: every film reduced to 32 x 32 by exact area averages and brought to mean 0
// and deviation 1, so that exposure alone decides nothing. A representation that scores below these has learnt little.

import { inOrder, planesOf, type TrainingSet } from '../train/batchSource.ts';

export const PIXEL_SIDE = 32;

/** Films read at a time. */
const BATCH = 64;

/** Films x 1024, row-major; aspect is not kept, as in the evaluation of the encoders. */
export async function pixelFeatures(
  dataset: Pick<TrainingSet, 'planes' | 'widths' | 'heights'>,
): Promise<Float32Array> {
  const dim = PIXEL_SIDE * PIXEL_SIDE;
  const { widths, heights } = dataset;
  const features = new Float32Array(widths.length * dim);
  for await (const { planes, first, wanted } of inOrder(planesOf(dataset), widths.length, BATCH)) {
    for (let i = 0; i < wanted; i++) {
      const film = first + i;
      const reduced = areaResize(planes[i]!, widths[film]!, heights[film]!, PIXEL_SIDE);
      features.set(standardised(reduced), film * dim);
    }
  }
  return features;
}

/** Averages over the exact areas that the pixels of a side x side image cover, fractions of pixels included. */
export function areaResize(plane: Uint8Array, width: number, height: number, side: number): Float64Array {
  const columns = new Float64Array(height * side);
  const across = coverage(width, side);
  for (let y = 0; y < height; y++) {
    for (const [o, taps] of across.entries()) {
      let sum = 0;
      for (let t = 0; t < taps.weights.length; t++) {
        sum += taps.weights[t]! * plane[y * width + taps.first + t]!;
      }
      columns[y * side + o] = sum;
    }
  }
  const image = new Float64Array(side * side);
  for (const [o, taps] of coverage(height, side).entries()) {
    for (let t = 0; t < taps.weights.length; t++) {
      const row = (taps.first + t) * side;
      for (let x = 0; x < side; x++) image[o * side + x]! += taps.weights[t]! * columns[row + x]!;
    }
  }
  return image;
}

interface Taps {
  readonly first: number;
  /** Sum to one. */
  readonly weights: Float64Array;
}

/** For each of `side` equal intervals over `size` pixels, how much of it each pixel covers. */
function coverage(size: number, side: number): Taps[] {
  const step = size / side;
  return Array.from({ length: side }, (_, o) => {
    const begin = o * step;
    const end = (o + 1) * step;
    const first = Math.floor(begin);
    const last = Math.min(size, Math.ceil(end - 1e-9));
    const weights = Float64Array.from(
      { length: last - first },
      (_, t) => (Math.min(first + t + 1, end) - Math.max(first + t, begin)) / step,
    );
    return { first, weights };
  });
}

/** Mean 0, deviation 1; a blank film stays at 0. */
function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = variance > 1e-12 ? 1 / Math.sqrt(variance) : 0;
  return values.map((value) => (value - mean) * scale);
}
