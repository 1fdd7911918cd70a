// Maps kept for the backward pass as 16-bit floats, two to a word: half the memory, and eleven bits of their digits.
// This is storage, not arithmetic: what goes in and what comes out is float32. pack2x16float and unpack2x16float are part
// of WGSL itself, so every adapter can do it and no feature is asked for. Values beyond the largest half are cut to it,
// because packing them is undefined. Words carry one more in the exponent that they have when read as float32: so they
// are float32 numbers of full precision, never too small a one, and whoever copies them as such keeps every bit.

import { defineKernel, type Shape, sizeOf } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';

export const LARGEST_HALF = 65504;
/** One in the exponent of a float32. */
const LIFT = 0x00800000;

const wordsOf = (size: number) => Math.ceil(size / 2);

/** x of any shape as words of two halves, [ceil(size / 2)], to be read by fromHalf alone. */
export const toHalf = defineKernel<'x', Record<string, never>>({
  name: 'MlvToHalf',
  inputs: ['x'],
  outputs: ({ x }) => [[wordsOf(sizeOf(x))]],
  gpu({ inputs, outputs, run }) {
    const size = sizeOf(inputs.x.shape);
    const words = wordsOf(size);
    run(pack, [inputs.x, outputs[0]!], [words, size], flatGroups(words, 64));
  },
  reference({ x }, _attrs, [packed]) {
    const bits = Uint32Array.from({ length: packed!.data.length }, (_, i) => {
      const second = 2 * i + 1 < x.data.length ? halfBits(x.data[2 * i + 1]!) : 0;
      return ((second << 16) | halfBits(x.data[2 * i]!)) + LIFT;
    });
    packed!.data.set(new Float32Array(bits.buffer));
  },
});

/** The values in words that toHalf made, in the shape that was put in. */
export const fromHalf = defineKernel<'packed', { shape: Shape }>({
  name: 'MlvFromHalf',
  inputs: ['packed'],
  outputs: (_, { shape }) => [shape],
  gpu({ inputs, outputs, run }, { shape }) {
    const size = sizeOf(shape);
    const words = wordsOf(size);
    run(unpack, [inputs.packed, outputs[0]!], [words, size], flatGroups(words, 64));
  },
  reference({ packed }, _attrs, [x]) {
    const words = new Uint32Array(Float32Array.from(packed.data).buffer);
    for (let i = 0; i < x!.data.length; i++) {
      const both = words[i >> 1]! - LIFT;
      x!.data[i] = halfValue((i % 2 ? both >>> 16 : both) & 0xffff);
    }
  },
});

/** The 16 bits of the nearest half, even among equals. */
function halfBits(value: number): number {
  const cut = Math.min(LARGEST_HALF, Math.abs(value));
  const exponent = Math.max(-14, Math.floor(Math.log2(cut || 2 ** -14)));
  const steps = cut / 2 ** (exponent - 10);
  const below = Math.floor(steps);
  const up = steps - below > 0.5 || (steps - below === 0.5 && below % 2 === 1);
  const bits = (exponent + 14) * 1024 + below + (up ? 1 : 0);
  return bits | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}

const pack = program({
  name: 'packHalf',
  reads: { x: 'f32' },
  writes: { packed: 'u32' },
  params: { words: 'u32', size: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.words')}
  let second = select(0.0, x[min(2u * index + 1u, p.size - 1u)], 2u * index + 1u < p.size);
  let both = vec2<f32>(x[2u * index], second);
  packed[index] = pack2x16float(clamp(both, vec2<f32>(-${LARGEST_HALF}.0), vec2<f32>(${LARGEST_HALF}.0))) + ${LIFT}u;`,
});

const unpack = program({
  name: 'unpackHalf',
  reads: { packed: 'u32' },
  writes: { x: 'f32' },
  params: { words: 'u32', size: 'u32' },
  workgroup: [64],
  body: `
  ${threadFor(64, 'p.words')}
  let both = unpack2x16float(packed[index] - ${LIFT}u);
  x[2u * index] = both.x;
  if (2u * index + 1u < p.size) { x[2u * index + 1u] = both.y; }`,
});
