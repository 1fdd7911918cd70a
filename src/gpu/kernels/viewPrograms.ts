// The WGSL of the view kernels. Grey values stay bytes, four to a word, until the blur; sums of the resize are
// integers in units of 2^-22, as in the library that the method was published with, so that results agree with it.
// Resampling weights are laid out by whole words of what they are applied to, so the inner loops have no seams.

import { flatIndex, program } from '../program.ts';
import { PARAMETER_WORDS, SLOT } from './viewInput.ts';

export type Filter = 'bicubic' | 'triangle';
export const SUPPORT: Record<Filter, number> = { bicubic: 2, triangle: 1 };

export const MEAN = [0.485, 0.456, 0.406] as const;
export const STD = [0.229, 0.224, 0.225] as const;

/** Weights, not yet normalised, at the distance `steps / unit`; whole numbers where the filter allows it. */
const FILTERS: Record<Filter, string> = {
  bicubic: `
    let x = f32(abs(steps)) / f32(unit);
    if (x < 1.0) { return ((1.5 * x - 2.5) * x) * x + 1.0; }
    if (x < 2.0) { return (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5; }
    return 0.0;`,
  triangle: 'return f32(max(unit - abs(steps), 0));',
};

/** A normalised weight in units of 2^-22. Whole weights are rounded exactly: their remainder survives wrapping. */
const TO_FIXED: Record<Filter, string> = {
  bicubic: 'return i32(weight / total * 4194304.0 + select(0.5, -0.5, weight < 0.0));',
  triangle: `
    let near = i32(weight / total * 4194304.0 + 0.5);
    let rest = 2 * (i32(weight) * 4194304 - near * i32(total));
    return near + select(0, 1, rest >= i32(total)) - select(0, 1, rest < -i32(total));`,
};

const integer = (slot: keyof typeof SLOT) => `i32(params[view * ${PARAMETER_WORDS}u + ${SLOT[slot]}u])`;
const real = (slot: keyof typeof SLOT) => `bitcast<f32>(params[view * ${PARAMETER_WORDS}u + ${SLOT[slot]}u])`;

/** The four bytes of a word, first pixel first. */
const UNPACK = `
fn unpack(word: u32) -> vec4<i32> {
  return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
}`;
const PACK = `
fn pack(v: vec4<u32>) -> u32 { return v.x | (v.y << 8u) | (v.z << 16u) | (v.w << 24u); }
fn level(sum: vec4<i32>) -> vec4<i32> {
  return clamp((sum + vec4<i32>(2097152)) >> vec4<u32>(22u), vec4<i32>(0), vec4<i32>(255));
}`;

/**
 * Resampling weights per (view, axis, output pixel): a header (first word, words), then four weights a word.
 * Axis 0 is along the row and counts in words of the plane's row, axis 1 in groups of four rows of the box.
 * The first thread of a view also writes the half kernel of its blur and clears its sum of grey values.
 */
export const weightsProgram = (filter: Filter) =>
  program({
    name: `viewWeights-${filter}`,
    reads: { params: 'u32' },
    writes: { weights: 'vec4<i32>', blur: 'f32', sums: 'u32' },
    params: { views: 'u32', size: 'u32', entry: 'u32', radius: 'u32' },
    workgroup: [64],
    declarations: `
      fn tap(steps: i32, unit: i32) -> f32 { ${FILTERS[filter]} }
      fn toFixed(weight: f32, total: f32) -> i32 { ${TO_FIXED[filter]} }`,
    body: `${flatIndex(64)}
      if (index >= p.views * 2u * p.size) { return; }
      let o = i32(index % p.size);
      let axis = (index / p.size) % 2u;
      let view = index / (2u * p.size);
      if (axis == 0u && o == 0) {
        sums[view] = 0u;
        let sigma = ${real('sigma')};
        var total = 1.0;
        for (var j = 1u; j <= p.radius; j++) { total += 2.0 * exp(-0.5 * f32(j * j) / (sigma * sigma)); }
        for (var j = 0u; j <= p.radius; j++) {
          blur[view * (p.radius + 1u) + j] = exp(-0.5 * f32(j * j) / (sigma * sigma)) / total;
        }
      }
      let n = select(${integer('boxHeight')}, ${integer('boxWidth')}, axis == 0u);
      let size = i32(p.size);
      // Everything in units of 1 / (2 size) input pixels, so that distances are exact.
      let wide = max(n, size);
      let centre = (2 * o + 1) * n;
      let reach = 2 * ${SUPPORT[filter]} * wide;
      let first = max(centre - reach + size, 0) / (2 * size);
      let end = min((centre + reach + size) / (2 * size), n);
      let skip = select(first & 3, 0, axis == 0u);
      let words = (skip + end - first + 3) >> 2u;
      var total = 0.0;
      for (var i = first; i < end; i++) { total += tap((2 * i + 1) * size - centre, 2 * wide); }
      let base = index * p.entry;
      weights[base] = select(vec4<i32>(first >> 2u, words, 0, 0), vec4<i32>(first, end - first, 0, 0), axis == 0u);
      for (var k = 0; k < words; k++) {
        var four: vec4<i32>;
        for (var lane4 = 0; lane4 < 4; lane4++) {
          let i = first + 4 * k + lane4 - skip;
          let weight = tap((2 * i + 1) * size - centre, 2 * wide);
          four[lane4] = select(0, toFixed(weight, total), i >= first && i < end);
        }
        weights[base + 1u + u32(k)] = four;
      }`,
  });

/**
 * Turns the box of each view on its side, so that the resize along rows reads neighbouring words: a word of
 * turned [views, side, quads] holds four rows of one column of the box. Four columns of four rows per thread.
 */
export const turnProgram = program({
  name: 'viewTurn',
  reads: { params: 'u32', planes: 'u32' },
  writes: { turned: 'u32' },
  params: { side: 'u32', quads: 'u32' },
  workgroup: [64],
  declarations: UNPACK + PACK,
  body: `
    let view = group.y;
    let words = p.quads + 1u;
    let column = i32(id.x % words);
    let quad = id.x / words;
    let left = ${integer('left')};
    let height = ${integer('boxHeight')};
    let width = ${integer('boxWidth')};
    let x = (left / 4 + column) * 4 - left;
    if (i32(quad * 4u) >= height || x >= width) { return; }
    let stride = (${integer('width')} + 3) / 4;
    let start = ${integer('offset')} + left / 4 + column;
    let rows = min(vec4<i32>(i32(quad * 4u)) + vec4<i32>(0, 1, 2, 3), vec4<i32>(height - 1)) + ${integer('top')};
    let at = vec4<i32>(start) + rows * stride;
    let a = unpack(planes[at.x]);
    let b = unpack(planes[at.y]);
    let c = unpack(planes[at.z]);
    let d = unpack(planes[at.w]);
    let to = i32(view * p.side * p.quads + quad);
    let step = i32(p.quads);
    if (x >= 0) { turned[to + x * step] = pack(vec4<u32>(vec4<i32>(a.x, b.x, c.x, d.x))); }
    if (x + 1 >= 0 && x + 1 < width) { turned[to + (x + 1) * step] = pack(vec4<u32>(vec4<i32>(a.y, b.y, c.y, d.y))); }
    if (x + 2 >= 0 && x + 2 < width) { turned[to + (x + 2) * step] = pack(vec4<u32>(vec4<i32>(a.z, b.z, c.z, d.z))); }
    if (x + 3 < width) { turned[to + (x + 3) * step] = pack(vec4<u32>(vec4<i32>(a.w, b.w, c.w, d.w))); }`,
});

/**
 * Resize along rows. Four rows of the box times one column of the view per thread; the four results share a word of
 * cut [views, quads, size]. `p.flip` 0 leaves views unmirrored whatever they ask for.
 */
export const rowsProgram = program({
  name: 'viewRows',
  reads: { params: 'u32', turned: 'u32', weights: 'i32' },
  writes: { cut: 'u32' },
  params: { size: 'u32', entry: 'u32', side: 'u32', quads: 'u32', flip: 'u32' },
  workgroup: [64],
  declarations: UNPACK + PACK,
  body: `
    let view = group.y;
    let quad = id.x % p.quads;
    let o = id.x / p.quads;
    if (o >= p.size || i32(quad * 4u) >= ${integer('boxHeight')}) { return; }
    let base = (view * 2u * p.size + o) * p.entry;
    let first = u32(weights[base]);
    let taps = u32(weights[base + 1u]);
    var at = (view * p.side + first) * p.quads + quad;
    var sum = vec4<i32>(0);
    for (var k = 0u; k < taps; k++) {
      sum += unpack(turned[at]) * weights[base + 4u + k];
      at += p.quads;
    }
    let mirrored = p.flip * u32(${integer('flip')}) == 1u;
    let column = select(o, p.size - 1u - o, mirrored);
    cut[(view * p.quads + quad) * p.size + column] = pack(vec4<u32>(level(sum)));`,
});

/**
 * Resize down columns; with `jitter`, then brightness where it comes before contrast, and the sum of grey values
 * that contrast needs. Four neighbours of a row per thread, one word of image [views, size, quarter].
 */
export const columnsProgram = (jitter: boolean) =>
  program({
    name: `viewColumns-${jitter}`,
    reads: { params: 'u32', cut: 'u32', weights: 'vec4<i32>' },
    writes: { image: 'u32', ...(jitter ? { sums: 'atomic<u32>' as const } : {}) },
    params: { size: 'u32', entry: 'u32', quads: 'u32', quarter: 'u32' },
    workgroup: [64],
    declarations: UNPACK + PACK,
    body: `
      let view = group.y;
      let x = id.x % p.quarter;
      let y = id.x / p.quarter;
      if (y >= p.size) { return; }
      let base = (view * 2u * p.size + p.size + y) * p.entry;
      let header = weights[base];
      let columns = min(vec4<u32>(x) + vec4<u32>(0u, 1u, 2u, 3u) * p.quarter, vec4<u32>(p.size - 1u));
      var at = (view * p.quads + u32(header.x)) * p.size;
      var sum = vec4<i32>(0);
      for (var k = 1; k <= header.y; k++) {
        let w = weights[base + u32(k)];
        sum += vec4<i32>(
          dot(unpack(cut[at + columns.x]), w), dot(unpack(cut[at + columns.y]), w),
          dot(unpack(cut[at + columns.z]), w), dot(unpack(cut[at + columns.w]), w));
        at += p.size;
      }
      var value = vec4<u32>(level(sum));
      ${jitter ? BRIGHTNESS_AND_SUM : ''}
      image[(view * p.size + y) * p.quarter + x] = pack(value);`,
  });

const BRIGHTNESS_AND_SUM = `
      value = vec4<u32>(min(${real('brightnessBefore')} * vec4<f32>(value), vec4<f32>(255.0)));
      if (${real('contrast')} != 1.0) {
        let inside = vec4<u32>(x) + vec4<u32>(0u, 1u, 2u, 3u) * p.quarter < vec4<u32>(p.size);
        let counted = select(vec4<u32>(0u), value, inside);
        atomicAdd(&sums[view], counted.x + counted.y + counted.z + counted.w);
      }`;

/** Contrast about the rounded mean, then brightness where it comes after; both cut off the fraction. */
const CONTRAST = `
fn contrasted(word: u32, mean: f32, contrast: f32, after: f32) -> vec4<f32> {
  let v = vec4<f32>(unpack(word));
  let c = trunc(clamp(vec4<f32>(mean) + contrast * (v - vec4<f32>(mean)), vec4<f32>(0.0), vec4<f32>(255.0)));
  return trunc(min(after * c, vec4<f32>(255.0)));
}`;
const CONTRAST_VALUES = `
      let area = p.size * p.size;
      let mean = f32((2u * sums[view] + area) / (2u * area));
      let contrast = ${real('contrast')};
      let after = ${real('brightnessAfter')};`;

/** Mirrors at the border without repeating it. */
const REFLECT = `
fn reflected(position: i32, size: i32) -> u32 {
  let near = abs(position);
  return u32(max(select(near, 2 * (size - 1) - near, near >= size), 0));
}`;

const ROWS = 4;

/**
 * Contrast, then the blur down columns; a view without blur passes through. Four rows of four neighbours per
 * thread, float values in blurred [views, size, quarter * 4].
 */
export function blurProgram(radius: number) {
  const taps: string[] = [];
  for (let t = -radius; t < ROWS + radius; t++) {
    taps.push(
      `v = contrasted(image[top + reflected(y${t < 0 ? t : `+${t}`}, size) * p.quarter], mean, contrast, after);`,
    );
    for (let row = 0; row < ROWS; row++) {
      if (Math.abs(t - row) <= radius) taps.push(`sum${row} += w${Math.abs(t - row)} * v;`);
    }
  }
  const each = (line: (row: number) => string) =>
    Array.from({ length: ROWS }, (_, row) => line(row)).join('\n');
  const store = (value: (row: number) => string) =>
    each(
      (row) =>
        `if (y + ${row} < size) { put(4u * (top + u32(y + ${row}) * p.quarter) - 3u * x, ${value(row)}); }`,
    );
  return program({
    name: `viewBlur-${radius}`,
    reads: { params: 'u32', image: 'u32', blur: 'f32', sums: 'u32' },
    writes: { blurred: 'f32' },
    params: { size: 'u32', quarter: 'u32' },
    workgroup: [64],
    declarations: `${UNPACK}${CONTRAST}${REFLECT}
      fn put(at: u32, v: vec4<f32>) {
        blurred[at] = v.x;
        blurred[at + p.quarter] = v.y;
        blurred[at + 2u * p.quarter] = v.z;
        blurred[at + 3u * p.quarter] = v.w;
      }`,
    body: `
      let view = group.y;
      let size = i32(p.size);
      let y = i32(id.x / p.quarter) * ${ROWS};
      if (y >= size) { return; }
      let x = id.x % p.quarter;
      let top = view * p.size * p.quarter + x;
      ${CONTRAST_VALUES}
      if (${real('sigma')} == 0.0) {
        ${store((row) => `contrasted(image[top + u32(y + ${row}) * p.quarter], mean, contrast, after)`)}
        return;
      }
      ${Array.from({ length: radius + 1 }, (_, j) => `let w${j} = blur[view * ${radius + 1}u + ${j}u];`).join('\n')}
      var v: vec4<f32>;
      ${each((row) => `var sum${row} = vec4<f32>(0.0);`)}
      ${taps.join('\n')}
      ${store((row) => `sum${row}`)}`,
  });
}

export interface Finish {
  /** The float image of blurProgram, with this radius to blur along rows; or the bytes of columnsProgram. */
  readonly blurRadius: number | null;
  /** Of the bytes of columnsProgram. */
  readonly contrast: boolean;
  readonly solarise: boolean;
  readonly normalise: boolean;
}

/** The last stages and the output [views, size, size, 3 or 1]; four pixels of a row per thread. */
export function finishProgram({ blurRadius, contrast, solarise, normalise }: Finish) {
  const blurred = blurRadius !== null;
  const value = blurred
    ? blurAlongRow(blurRadius)
    : `let word = image[row * p.quarter + x];
      var v = ${contrast ? 'contrasted(word, mean, contrast, after)' : 'vec4<f32>(unpack(word))'};`;
  return program({
    name: `viewFinish-${blurRadius}-${contrast}-${solarise}-${normalise}`,
    reads: {
      params: 'u32',
      ...(blurred ? { blurred: 'f32', blur: 'f32' } : { image: 'u32' }),
      ...(contrast ? { sums: 'u32' } : {}),
    },
    writes: { out: 'f32' },
    params: { size: 'u32', quarter: 'u32' },
    workgroup: [64],
    declarations: UNPACK + CONTRAST + REFLECT + (normalise ? PUT_COLOUR : PUT_GREY),
    body: `
      let view = group.y;
      let x = id.x % p.quarter;
      if (id.x / p.quarter >= p.size) { return; }
      let row = view * p.size + id.x / p.quarter;
      ${contrast ? CONTRAST_VALUES : ''}
      ${value}
      ${solarise ? `if (${integer('solarise')} == 1) { v = select(v, vec4<f32>(255.0) - v, v >= vec4<f32>(128.0)); }` : ''}
      for (var j = 0u; j < 4u; j++) {
        let column = x + j * p.quarter;
        if (column < p.size) { put(row * p.size + column, v[j]); }
      }`,
  });
}

function blurAlongRow(radius: number): string {
  const at = (shift: string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((j) => `blurred[start + ${shift.replaceAll('$', `${j}`)}]`).join(', ')})`;
  const taps: string[] = [];
  for (let t = 0; t <= radius; t++) {
    const left = at(`reflected(i32(x + $u * p.quarter) - ${t}, size)`);
    const right = at(`reflected(i32(x + $u * p.quarter) + ${t}, size)`);
    taps.push(`v += blur[view * ${radius + 1}u + ${t}u] * ${t === 0 ? left : `(${left} + ${right})`};`);
  }
  return `
      let start = row * p.quarter * 4u;
      let size = i32(p.size);
      var v: vec4<f32>;
      if (${real('sigma')} == 0.0) {
        v = ${at('x + $u * p.quarter')};
      } else {
        ${taps.join('\n')}
        v = round(v);
      }`;
}

const vector = (values: readonly number[]) =>
  `vec3<f32>(${values.map((value) => value.toPrecision(9)).join(', ')})`;
const PUT_COLOUR = `
fn put(pixel: u32, v: f32) {
  let c = v * ${vector(STD.map((std) => 1 / (255 * std)))} - ${vector(MEAN.map((mean, c) => mean / STD[c]!))};
  out[pixel * 3u] = c.x;
  out[pixel * 3u + 1u] = c.y;
  out[pixel * 3u + 2u] = c.z;
}`;
const PUT_GREY = 'fn put(pixel: u32, v: f32) { out[pixel] = v; }';
