// The WGSL of what follows the resize of a view: contrast, blur, solarise, normalise. Bytes become floats here;
// the blur keeps them unrounded between its two passes and rounds half to even at the end.
// Statistics of the colours are those of the ImageNet set, as published.

import { program } from '../../program.ts';
import { integer, real, UNPACK } from './viewPrograms.ts';

export const MEAN = [0.485, 0.456, 0.406] as const;
export const STD = [0.229, 0.224, 0.225] as const;

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
    each((row) => `if (y + ${row} < size) { blurred[top + u32(y + ${row}) * p.quarter] = ${value(row)}; }`);
  return program({
    name: `viewBlur-${radius}`,
    reads: { params: 'u32', image: 'u32', blur: 'f32', sums: 'u32' },
    writes: { blurred: 'vec4<f32>' },
    params: { size: 'u32', quarter: 'u32' },
    workgroup: [64],
    declarations: UNPACK + CONTRAST + REFLECT,
    body: `
      let view = group.y;
      let size = i32(p.size);
      let y = i32(id.x / p.quarter) * ${ROWS};
      if (y >= size) { return; }
      let top = view * p.size * p.quarter + id.x % p.quarter;
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
  /** Whether the side of the view is a multiple of four. */
  readonly whole: boolean;
}

/** The last stages and the output [views, size, size, 3 or 1]; four neighbours of a row per thread. */
export function finishProgram({ blurRadius, contrast, solarise, normalise, whole }: Finish) {
  const blurred = blurRadius !== null;
  return program({
    name: `viewFinish-${blurRadius}-${contrast}-${solarise}-${normalise}-${whole}`,
    reads: {
      params: 'u32',
      ...(blurred ? { blurred: 'f32', blur: 'f32' } : { image: 'u32' }),
      ...(contrast ? { sums: 'u32' } : {}),
    },
    writes: { out: whole ? 'vec4<f32>' : 'f32' },
    params: { size: 'u32', quarter: 'u32' },
    workgroup: [64],
    declarations: UNPACK + CONTRAST + REFLECT,
    body: `
      let view = group.y;
      let x = (id.x % p.quarter) * 4u;
      let y = id.x / p.quarter;
      if (y >= p.size) { return; }
      ${contrast ? CONTRAST_VALUES : ''}
      let word = (view * p.size + y) * p.quarter + id.x % p.quarter;
      ${blurred ? blurRows(blurRadius) : `var v = ${contrast ? 'contrasted(image[word], mean, contrast, after)' : 'vec4<f32>(unpack(image[word]))'};`}
      ${solarise ? `if (${integer('solarise')} == 1) { v = select(v, vec4<f32>(255.0) - v, v >= vec4<f32>(128.0)); }` : ''}
      let pixel = (view * p.size + y) * p.size + x;
      ${store(normalise, whole)}`,
  });
}

function blurRows(radius: number): string {
  const lines = [
    'let row = (view * p.size + y) * p.quarter * 4u;',
    'let size = i32(p.size);',
    'var v: vec4<f32>;',
  ];
  lines.push(`if (${real('sigma')} == 0.0) {`);
  lines.push(
    'v = vec4<f32>(blurred[row + x], blurred[row + x + 1u], blurred[row + x + 2u], blurred[row + x + 3u]);',
  );
  lines.push('} else {');
  for (let t = -radius; t <= 3 + radius; t++) {
    lines.push(`let v${t + radius} = blurred[row + reflected(i32(x)${t < 0 ? t : `+${t}`}, size)];`);
  }
  for (let t = -radius; t <= radius; t++) {
    const [a, b, c, d] = [0, 1, 2, 3].map((j) => `v${t + j + radius}`);
    lines.push(`v += blur[view * ${radius + 1}u + ${Math.abs(t)}u] * vec4<f32>(${a}, ${b}, ${c}, ${d});`);
  }
  lines.push('v = round(v);', '}');
  return lines.join('\n');
}

function store(normalise: boolean, whole: boolean): string {
  const lanes = [0, 1, 2, 3];
  if (!normalise) {
    if (whole) return 'out[pixel / 4u] = v;';
    return lanes.map((j) => `if (x + ${j}u < p.size) { out[pixel + ${j}u] = v[${j}]; }`).join('\n');
  }
  const vector = (values: readonly number[]) =>
    `vec3<f32>(${values.map((value) => value.toPrecision(9)).join(', ')})`;
  const scale = vector(STD.map((std) => 1 / (255 * std)));
  const shift = vector(MEAN.map((mean, c) => mean / STD[c]!));
  const colours = lanes.map((j) => `let c${j} = v[${j}] * ${scale} - ${shift};`).join('\n');
  if (!whole) {
    const write = (j: number) =>
      [0, 1, 2].map((c) => `out[(pixel + ${j}u) * 3u + ${c}u] = c${j}[${c}];`).join(' ');
    return `${colours}\n${lanes.map((j) => `if (x + ${j}u < p.size) { ${write(j)} }`).join('\n')}`;
  }
  return `${colours}
      let at = pixel / 4u * 3u;
      out[at] = vec4<f32>(c0, c1.x);
      out[at + 1u] = vec4<f32>(c1.yz, c2.xy);
      out[at + 2u] = vec4<f32>(c2.z, c3);`;
}
