// The WGSL of crop and resize; what follows is in viewFinishPrograms.ts. Grey values stay bytes, four to a word;
// sums are integers in units of 2^-22, as in the library that the method was published with, so results agree.
// Resampling weights are laid out by whole words of what they are applied to, so the inner loops have no seams.
// Views that are turned are cropped, flipped and rotated in one sampling of the film, by the triangle filter of bilinear resizing
// along the film's own axes, widened where the film is reduced. What lies beyond the film is black. The view is turned about its
// middle after crop and flip, in its own square, as a rotation that follows a resized crop.

import { flatIndex, program } from '../../program.ts';
import { PARAMETER_WORDS, SLOT } from './viewInput.ts';

export type Filter = 'bicubic' | 'triangle';
export const SUPPORT: Record<Filter, number> = { bicubic: 2, triangle: 1 };

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

export const integer = (slot: keyof typeof SLOT) =>
  `i32(params[view * ${PARAMETER_WORDS}u + ${SLOT[slot]}u])`;
export const real = (slot: keyof typeof SLOT) =>
  `bitcast<f32>(params[view * ${PARAMETER_WORDS}u + ${SLOT[slot]}u])`;

/** The four bytes of a word, first pixel first. */
export const UNPACK = `
fn unpack(word: u32) -> vec4<i32> {
  return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
}`;
export const PACK = `
fn pack(v: vec4<u32>) -> u32 { return v.x | (v.y << 8u) | (v.z << 16u) | (v.w << 24u); }
fn level(sum: vec4<i32>) -> vec4<i32> {
  return clamp((sum + vec4<i32>(2097152)) >> vec4<u32>(22u), vec4<i32>(0), vec4<i32>(255));
}`;

/** By one thread of a view: the half kernel of its blur, and its sum of grey values, which begins at 0. */
const BEGIN_VIEW = `
        sums[view] = 0u;
        let sigma = ${real('sigma')};
        var total = 1.0;
        for (var j = 1u; j <= p.radius; j++) { total += 2.0 * exp(-0.5 * f32(j * j) / (sigma * sigma)); }
        for (var j = 0u; j <= p.radius; j++) {
          blur[view * (p.radius + 1u) + j] = exp(-0.5 * f32(j * j) / (sigma * sigma)) / total;
        }`;

/** The same for views that need no weights. */
export const beginProgram = program({
  name: 'viewBegin',
  reads: { params: 'u32' },
  writes: { blur: 'f32', sums: 'u32' },
  params: { views: 'u32', radius: 'u32' },
  workgroup: [64],
  body: `${flatIndex(64, 'view')}
      if (view >= p.views) { return; }
      ${BEGIN_VIEW}`,
});

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
      if (axis == 0u && o == 0) {${BEGIN_VIEW}
      }
      let n = select(${integer('boxHeight')}, ${integer('boxWidth')}, axis == 0u);
      let size = i32(p.size);
      // Everything in units of 1 / (2 size) input pixels, so that distances are exact.
      let wide = max(n, size);
      let centre = (2 * o + 1) * n;
      let reach = 2 * ${SUPPORT[filter]} * wide;
      let first = max(centre - reach + size, 0) / (2 * size);
      let end = min((centre + reach + size) / (2 * size), n);
      let position = select(first, first + ${integer('left')}, axis == 0u);
      let skip = position & 3;
      let words = (skip + end - first + 3) >> 2u;
      var total = 0.0;
      for (var i = first; i < end; i++) { total += tap((2 * i + 1) * size - centre, 2 * wide); }
      let base = index * p.entry;
      weights[base] = vec4<i32>(position >> 2u, words, 0, 0);
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

/** Groups of four rows that a thread of rowsProgram resizes, so that it reads each weight once for all of them. */
export const QUADS_PER_THREAD = 4;
const eachQuad = (line: (quad: number) => string) =>
  Array.from({ length: QUADS_PER_THREAD }, (_, quad) => line(quad)).join('\n');

/**
 * Resize along rows. Sixteen rows of the box times one column of the view per thread; each four results share a
 * word of cut [views, quads, stride]. `p.flip` 0 leaves views unmirrored whatever they ask for.
 */
export const rowsProgram = program({
  name: 'viewRows',
  reads: { params: 'u32', planes: 'u32', weights: 'vec4<i32>' },
  writes: { cut: 'u32' },
  params: { size: 'u32', entry: 'u32', quads: 'u32', stride: 'u32', flip: 'u32' },
  workgroup: [64],
  declarations: UNPACK + PACK,
  body: `
    let view = group.y;
    let o = id.x % p.size;
    let quad = id.x / p.size * ${QUADS_PER_THREAD}u;
    let height = ${integer('boxHeight')};
    if (i32(quad * 4u) >= height) { return; }
    let base = (view * 2u * p.size + o) * p.entry;
    let header = weights[base];
    let stride = (${integer('width')} + 3) / 4;
    let start = vec4<i32>(${integer('offset')} + ${integer('top')} * stride + header.x);
    let row = vec4<i32>(i32(quad * 4u)) + vec4<i32>(0, 1, 2, 3);
    let last = vec4<i32>(height - 1);
    ${eachQuad((q) => `let at${q} = start + min(row + vec4<i32>(${4 * q}), last) * stride;`)}
    ${eachQuad((q) => `var sum${q} = vec4<i32>(0);`)}
    for (var k = 0; k < header.y; k++) {
      let w = weights[base + 1u + u32(k)];
      ${eachQuad(
        (q) => `sum${q} += vec4<i32>(
        dot(unpack(planes[at${q}.x + k]), w), dot(unpack(planes[at${q}.y + k]), w),
        dot(unpack(planes[at${q}.z + k]), w), dot(unpack(planes[at${q}.w + k]), w));`,
      )}
    }
    let mirrored = p.flip * u32(${integer('flip')}) == 1u;
    let to = (view * p.quads + quad) * p.stride + select(o, p.size - 1u - o, mirrored);
    ${eachQuad(
      (q) => `if (quad + ${q}u < p.quads) { cut[to + ${q}u * p.stride] = pack(vec4<u32>(level(sum${q}))); }`,
    )}`,
});

/**
 * Resize down columns; with `jitter`, then brightness where it comes before contrast, and the sum of grey values
 * that contrast needs. Four neighbours of a row per thread, one word of image [views, size, quarter].
 */
export const columnsProgram = (jitter: boolean) =>
  program({
    name: `viewColumns-${jitter}`,
    reads: { params: 'u32', cut: 'vec4<u32>', weights: 'vec4<i32>' },
    writes: { image: 'u32', ...(jitter ? { sums: 'atomic<u32>' as const } : {}) },
    params: { size: 'u32', entry: 'u32', quads: 'u32', quarter: 'u32' },
    workgroup: [64],
    declarations: PACK,
    body: `
      let view = group.y;
      let x4 = id.x % p.quarter;
      let y = id.x / p.quarter;
      if (y >= p.size) { return; }
      let base = (view * 2u * p.size + p.size + y) * p.entry;
      let header = weights[base];
      var at = (view * p.quads + u32(header.x)) * p.quarter + x4;
      var sum = vec4<i32>(0);
      for (var k = 1; k <= header.y; k++) {
        let w = weights[base + u32(k)];
        let rows = cut[at];
        at += p.quarter;
        sum += vec4<i32>(rows & vec4<u32>(255u)) * w.x;
        sum += vec4<i32>((rows >> vec4<u32>(8u)) & vec4<u32>(255u)) * w.y;
        sum += vec4<i32>((rows >> vec4<u32>(16u)) & vec4<u32>(255u)) * w.z;
        sum += vec4<i32>(rows >> vec4<u32>(24u)) * w.w;
      }
      var value = vec4<u32>(level(sum));
      ${jitter ? BRIGHTNESS_AND_SUM : ''}
      image[(view * p.size + y) * p.quarter + x4] = pack(value);`,
  });

export const BRIGHTNESS_AND_SUM = `
      value = vec4<u32>(min(${real('brightnessBefore')} * vec4<f32>(value), vec4<f32>(255.0)));
      if (${real('contrast')} != 1.0) {
        let inside = vec4<u32>(x4 * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(p.size);
        let counted = select(vec4<u32>(0u), value, inside);
        atomicAdd(&sums[view], counted.x + counted.y + counted.z + counted.w);
      }`;

/**
 * With `jitter`, brightness where it comes before contrast, and the sum of grey values that contrast needs, as after the
 * resize. Four neighbours of a row per thread, one word of image [views, size, quarter]. `p.flip` 0 mirrors nothing.
 */
export const turnProgram = (jitter: boolean) =>
  program({
    name: `viewTurn-${jitter}`,
    reads: { params: 'u32', planes: 'u32' },
    writes: { image: 'u32', ...(jitter ? { sums: 'atomic<u32>' as const } : {}) },
    params: { size: 'u32', quarter: 'u32', flip: 'u32' },
    workgroup: [64],
    declarations: `${UNPACK}${PACK}
fn turned(view: u32, x: u32, y: u32) -> i32 {
  let half = 0.5 * f32(p.size);
  let right = f32(x) + 0.5 - half;
  let down = f32(y) + 0.5 - half;
  let sine = ${real('sine')};
  let versine = ${real('versine')};
  let straight = right - versine * right - sine * down;
  let mirrored = p.flip * u32(${integer('flip')}) == 1u;
  let across = select(straight, -straight, mirrored) + half;
  let along = down - versine * down + sine * right + half;
  let scale = vec2<f32>(f32(${integer('boxWidth')}), f32(${integer('boxHeight')})) / f32(p.size);
  let film = vec2<i32>(${integer('width')}, ${integer('height')});
  let at = vec2<f32>(f32(${integer('left')}), f32(${integer('top')})) + vec2<f32>(across, along) * scale;
  if (any(at < vec2<f32>(0.0)) || any(at >= vec2<f32>(film))) { return 0; }
  let reach = max(scale, vec2<f32>(1.0));
  let first = max(vec2<i32>(floor(at - reach + 0.5)), vec2<i32>(0));
  let end = min(vec2<i32>(floor(at + reach + 0.5)), film);
  let stride = (film.x + 3) / 4;
  var sum = 0.0;
  var total = 0.0;
  for (var i = first.y; i < end.y; i++) {
    let row = ${integer('offset')} + i * stride;
    let wide = max(reach.y - abs(f32(i) + 0.5 - at.y), 0.0);
    for (var j = first.x; j < end.x; j++) {
      let weight = wide * max(reach.x - abs(f32(j) + 0.5 - at.x), 0.0);
      sum += weight * f32(unpack(planes[row + (j >> 2u)])[j & 3]);
      total += weight;
    }
  }
  return i32(sum / total + 0.5);
}`,
    body: `
      let view = group.y;
      let x4 = id.x % p.quarter;
      let y = id.x / p.quarter;
      if (y >= p.size) { return; }
      var value: vec4<u32>;
      for (var k = 0u; k < 4u; k++) { value[k] = u32(clamp(turned(view, x4 * 4u + k, y), 0, 255)); }
      ${jitter ? BRIGHTNESS_AND_SUM : ''}
      image[(view * p.size + y) * p.quarter + x4] = pack(value);`,
  });
