// Maps kept for the backward pass as 16-bit floats, two to a word: half the memory, and eleven bits of their digits.
// This is storage, not arithmetic: what goes in and what comes out is float32. pack2x16float and unpack2x16float are part
// of WGSL itself, so every adapter can do it and no feature is asked for. Values beyond the largest half are cut to it,
// because packing them is undefined. On the plain backend maps stay as they are.

import { allocate, onGpu, type Tensor, tf } from './backend.ts';
import { currentRuntime } from './kernel.ts';
import { flatGroups, flatIndex, program } from './program.ts';

export const LARGEST_HALF = 65504;

const pack = program({
  name: 'packHalf',
  reads: { x: 'f32' },
  writes: { packed: 'u32' },
  params: { words: 'u32', size: 'u32' },
  workgroup: [64],
  body: `
  ${flatIndex(64)}
  if (index >= p.words) { return; }
  let second = select(0.0, x[min(2u * index + 1u, p.size - 1u)], 2u * index + 1u < p.size);
  let both = vec2<f32>(x[2u * index], second);
  packed[index] = pack2x16float(clamp(both, vec2<f32>(-${LARGEST_HALF}.0), vec2<f32>(${LARGEST_HALF}.0)));`,
});

const unpack = program({
  name: 'unpackHalf',
  reads: { packed: 'u32' },
  writes: { x: 'f32' },
  params: { words: 'u32', size: 'u32' },
  workgroup: [64],
  body: `
  ${flatIndex(64)}
  if (index >= p.words) { return; }
  let both = unpack2x16float(packed[index]);
  x[2u * index] = both.x;
  if (2u * index + 1u < p.size) { x[2u * index + 1u] = both.y; }`,
});

const wordsOf = (size: number) => Math.ceil(size / 2);

/** A tensor of this shape on the present backend, contents undefined. */
const made = (shape: readonly number[]): Tensor => {
  const engine = tf.engine();
  return engine.makeTensorFromTensorInfo(allocate(engine.backend, shape));
};

/** The map as words of two halves, to be read by fromHalf alone. The map itself is left alone. */
export function toHalf(x: Tensor): Tensor {
  if (!onGpu()) return x.clone();
  const words = wordsOf(x.size);
  const packed = made([words]);
  currentRuntime().dispatch(pack, [x, packed], [words, x.size], flatGroups(words, 64));
  return packed;
}

export function fromHalf(packed: Tensor, shape: readonly number[]): Tensor {
  if (!onGpu()) return tf.reshape(packed, [...shape]);
  const x = made(shape);
  const words = wordsOf(x.size);
  currentRuntime().dispatch(unpack, [packed, x], [words, x.size], flatGroups(words, 64));
  return x;
}
