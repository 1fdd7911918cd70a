// The view kernels in plain loops: the stages of the published augmentation, whole numbers wherever it has them.
// Resampling sums are exact integers; jitter is done in single precision and cut off; the blur rounds half to even.

import type { Plain } from '../../kernel.ts';
import { MEAN, STD } from './viewFinishPrograms.ts';
import { PARAMETER_WORDS, SLOT } from './viewInput.ts';
import { type Filter, SUPPORT } from './viewPrograms.ts';

const ONE = 2 ** 22;

const KERNELS: Record<Filter, (x: number) => number> = {
  bicubic: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0),
  triangle: (x) => Math.max(1 - x, 0),
};

/** Normalised weights of one output pixel in units of 2^-22, and the first input pixel they belong to. */
export function resampleWeights(filter: Filter, from: number, to: number, o: number) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const centre = (o + 0.5) * scale;
  const first = Math.max(Math.trunc(centre - SUPPORT[filter] * stretch + 0.5), 0);
  const end = Math.min(Math.trunc(centre + SUPPORT[filter] * stretch + 0.5), from);
  const raw = Array.from({ length: end - first }, (_, k) =>
    KERNELS[filter](Math.abs((first + k - centre + 0.5) / stretch)),
  );
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((w) => Math.trunc((w / total) * ONE + (w < 0 ? -0.5 : 0.5)));
  return { first, weights };
}

/** One axis of a resize: `read(line, i)` for lines x from, result lines x to. */
function resample(
  filter: Filter,
  lines: number,
  from: number,
  to: number,
  read: (line: number, i: number) => number,
): Uint8Array {
  const out = new Uint8Array(lines * to);
  for (let o = 0; o < to; o++) {
    const { first, weights } = resampleWeights(filter, from, to, o);
    for (let line = 0; line < lines; line++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * read(line, first + k);
      out[line * to + o] = Math.min(255, Math.max(0, Math.floor((sum + ONE / 2) / ONE)));
    }
  }
  return out;
}

/** A row of the packed parameters, read back. */
export function readParameters(params: Plain, view: number) {
  const from = params.data.byteOffset + view * PARAMETER_WORDS * 4;
  const integers = new Int32Array(params.data.buffer, from, PARAMETER_WORDS);
  const reals = new Float32Array(params.data.buffer, from, PARAMETER_WORDS);
  return {
    integer: (slot: keyof typeof SLOT) => integers[SLOT[slot]]!,
    real: (slot: keyof typeof SLOT) => reals[SLOT[slot]]!,
  };
}
type Row = ReturnType<typeof readParameters>;

export function cropAndResize(filter: Filter, planes: Plain, row: Row, size: number): Uint8Array {
  const bytes = new Uint8Array(planes.data.buffer, planes.data.byteOffset, planes.data.byteLength);
  const stride = Math.ceil(row.integer('width') / 4) * 4;
  const origin = row.integer('offset') * 4 + row.integer('top') * stride + row.integer('left');
  const [height, width] = [row.integer('boxHeight'), row.integer('boxWidth')];
  const cut = resample(filter, height, width, size, (y, x) => bytes[origin + y * stride + x]!);
  const turned = resample(filter, size, height, size, (x, y) => cut[y * size + x]!);
  return turned.map((_, i) => turned[(i % size) * size + Math.floor(i / size)]!);
}

/** Crop, flip and rotation in one sampling by the triangle filter; black beyond the film. */
export function turn(planes: Plain, row: Row, size: number, flips: boolean): Uint8Array {
  const bytes = new Uint8Array(planes.data.buffer, planes.data.byteOffset, planes.data.byteLength);
  const [width, height] = [row.integer('width'), row.integer('height')];
  const stride = Math.ceil(width / 4) * 4;
  const [sine, cosine] = [row.real('sine'), 1 - row.real('versine')];
  const side = flips && row.integer('flip') ? -1 : 1;
  const [scaleX, scaleY] = [row.integer('boxWidth') / size, row.integer('boxHeight') / size];
  const taps = (at: number, scale: number, end: number) => {
    const reach = Math.max(scale, 1);
    const first = Math.max(Math.floor(at - reach + 0.5), 0);
    const last = Math.min(Math.floor(at + reach + 0.5), end);
    return Array.from({ length: last - first }, (_, k) => ({
      place: first + k,
      weight: Math.max(reach - Math.abs(first + k + 0.5 - at), 0),
    }));
  };
  return Uint8Array.from({ length: size * size }, (_, o) => {
    const [right, down] = [(o % size) + 0.5 - size / 2, Math.floor(o / size) + 0.5 - size / 2];
    const x = row.integer('left') + (side * (cosine * right - sine * down) + size / 2) * scaleX;
    const y = row.integer('top') + (cosine * down + sine * right + size / 2) * scaleY;
    if (x < 0 || y < 0 || x >= width || y >= height) return 0;
    let [sum, total] = [0, 0];
    for (const { place: i, weight: down } of taps(y, scaleY, height)) {
      for (const { place: j, weight: across } of taps(x, scaleX, width)) {
        sum += down * across * bytes[row.integer('offset') * 4 + i * stride + j]!;
        total += down * across;
      }
    }
    return Math.floor(sum / total + 0.5);
  });
}

export const mirror = (image: Uint8Array, size: number) =>
  image.map((_, i) => image[i - (i % size) + size - 1 - (i % size)]!);

/** trunc(clamp(base + factor * (v - base))) in single precision; base 0 is brightness. */
function blend(image: Uint8Array, base: number, factor: number): Uint8Array {
  return image.map((v) => {
    const value = Math.fround(base + Math.fround(factor * (v - base)));
    return Math.trunc(Math.min(255, Math.max(0, value)));
  });
}

export function jitter(image: Uint8Array, row: Row): Uint8Array {
  const bright = blend(image, 0, row.real('brightnessBefore'));
  const mean = Math.floor(bright.reduce((a, b) => a + b, 0) / bright.length + 0.5);
  return blend(blend(bright, mean, row.real('contrast')), 0, row.real('brightnessAfter'));
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

export function blur(image: Uint8Array, size: number, kernel: number, sigma: number): Uint8Array {
  if (sigma === 0) return image;
  const radius = (kernel - 1) / 2;
  const raw = Array.from({ length: kernel }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)));
  const total = raw.reduce((a, b) => a + b, 0);
  const reflected = (i: number) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i);
  const across = new Float64Array(image.length);
  for (let i = 0; i < image.length; i++) {
    const x = i % size;
    for (let k = 0; k < kernel; k++)
      across[i]! += (raw[k]! / total) * image[i - x + reflected(x + k - radius)]!;
  }
  return image.map((_, i) => {
    const y = Math.floor(i / size);
    let sum = 0;
    for (let k = 0; k < kernel; k++)
      sum += (raw[k]! / total) * across[reflected(y + k - radius) * size + (i % size)]!;
    return roundHalfEven(sum);
  });
}

export const solarise = (image: Uint8Array) => image.map((v) => (v < 128 ? v : 255 - v));

/** Writes view `index` of the output: three normalised channels, or the grey levels themselves. */
export function finish(image: Uint8Array, index: number, normalise: boolean, out: Plain): void {
  const channels = normalise ? 3 : 1;
  for (let i = 0; i < image.length; i++) {
    for (let c = 0; c < channels; c++) {
      const at = (index * image.length + i) * channels + c;
      out.data[at] = normalise ? (image[i]! / 255 - MEAN[c]!) / STD[c]! : image[i]!;
    }
  }
}
