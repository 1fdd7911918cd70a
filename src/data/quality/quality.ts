// What a decoded plane says about its own quality: brightness, contrast, polarity and a perceptual hash. A few numbers per
// film, measured in the decode worker; what they mean for a set is qualityReport.ts.
//
// Polarity: the film, reduced to 8 x 8 and normalised, is correlated with a plain chest: the mean of the synthetic
// phantoms, mirrored (quality.test.ts makes it anew). Hash: signs of the lowest 143 cosine coefficients of the film at
// 32 x 32 against their median, after Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010).

import { type FilmMeasures, QUALITY_LIMITS } from '../../protocol/arrangement.ts';
import { shrink } from '../resize.ts';

const SIDE = 32;
const CHEST_SIDE = 8;
/** Cosine coefficients a side; all but the first give a bit. */
const WAVES = 12;
export const HASH_BITS = WAVES * WAVES - 1;

/** Left half of the chest template, in tenths of a standard deviation; the right half mirrors it. */
const HALF_CHEST = [
  [-17, -18, -9, 0],
  [-15, -12, 1, 8],
  [-2, 4, 5, 11],
  [-7, 2, 2, 12],
  [-13, -2, 2, 13],
  [-13, -2, 6, 14],
  [-13, 1, 10, 15],
  [-12, 2, 11, 15],
];
export const CHEST = normalised(
  Float64Array.from(HALF_CHEST.flatMap((row) => [...row, ...row.toReversed()])),
);

/** cosines[k * SIDE + i] = cos(pi (2i + 1) k / (2 SIDE)) */
const COSINES = Float64Array.from({ length: WAVES * SIDE }, (_, at) =>
  Math.cos((Math.PI * (2 * (at % SIDE) + 1) * Math.floor(at / SIDE)) / (2 * SIDE)),
);

/** Mean 0 and deviation 1; all 0 where there is no deviation. */
function normalised(values: Float64Array): Float64Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  return values.map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
}

/** The plane stretched to a square of `side`, by area; smaller planes are repeated to their nearest pixel. */
function square(bytes: Uint8Array, width: number, height: number, side: number): Float64Array {
  const factor = Math.max(1, side / Math.max(width, height));
  const small =
    factor > 1 ? { bytes, width, height } : shrink({ bytes, width, height }, Math.max(side * 4, side));
  const out = new Float64Array(side * side);
  for (let y = 0; y < side; y++) {
    const [top, bottom] = span(y, side, small.height);
    for (let x = 0; x < side; x++) {
      const [left, right] = span(x, side, small.width);
      let sum = 0;
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) sum += small.bytes[v * small.width + u]!;
      }
      out[y * side + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return out;
}

function span(at: number, side: number, length: number): [number, number] {
  const from = Math.min(length - 1, Math.floor((at * length) / side));
  return [from, Math.max(from + 1, Math.floor(((at + 1) * length) / side))];
}

function polarityOf(small: Float64Array): number {
  const step = SIDE / CHEST_SIDE;
  const coarse = new Float64Array(CHEST_SIDE * CHEST_SIDE);
  small.forEach((value, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    coarse[Math.floor(y / step) * CHEST_SIDE + Math.floor(x / step)]! += value;
  });
  return normalised(coarse).reduce((sum, value, at) => sum + value * CHEST[at]!, 0) / coarse.length;
}

/** The low frequencies, row by row, without the mean. */
function wavesOf(small: Float64Array): Float64Array {
  const half = new Float64Array(WAVES * SIDE);
  for (let k = 0; k < WAVES; k++) {
    for (let y = 0; y < SIDE; y++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += COSINES[k * SIDE + x]! * small[y * SIDE + x]!;
      half[k * SIDE + y] = sum;
    }
  }
  const waves = new Float64Array(WAVES * WAVES);
  for (let v = 0; v < WAVES; v++) {
    for (let k = 0; k < WAVES; k++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += COSINES[v * SIDE + y]! * half[k * SIDE + y]!;
      waves[v * WAVES + k] = sum;
    }
  }
  return waves.subarray(1);
}

/** A negative has the signs turned over, so an inverted film is hashed as it would look upright. */
function hashOf(small: Float64Array, inverted: boolean): string {
  const waves = wavesOf(small);
  const median = Float64Array.from(waves).sort()[Math.floor(waves.length / 2)]!;
  let digits = '';
  for (let at = 0; at < waves.length; at += 4) {
    let nibble = 0;
    for (let bit = 0; bit < 4; bit++) {
      const value = waves[at + bit];
      if (value !== undefined && value > median !== inverted) nibble |= 1 << bit;
    }
    digits += nibble.toString(16);
  }
  return digits;
}

/** @param bytes width * height, row-major, 0 is black */
export function measureFilm(bytes: Uint8Array, width: number, height: number): FilmMeasures {
  let [sum, squares] = [0, 0];
  for (const value of bytes) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / bytes.length;
  const deviation = Math.sqrt(Math.max(0, squares / bytes.length - mean * mean));
  const round = (value: number) => Math.round(value * 1000) / 1000;
  if (deviation < QUALITY_LIMITS.deviation) {
    return { mean: round(mean), deviation: round(deviation), polarity: 0, hash: '' };
  }
  const small = square(bytes, width, height, SIDE);
  const polarity = polarityOf(small);
  const hash = hashOf(small, polarity < QUALITY_LIMITS.polarity);
  return { mean: round(mean), deviation: round(deviation), polarity: round(polarity), hash };
}
