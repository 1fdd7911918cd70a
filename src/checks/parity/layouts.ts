// Between the recorded layouts (PyTorch's) and ours: maps are NCHW there and NHWC here, pooled levels channel-major
// there and position-major here. Weights go through checkpoint/stateDict.ts, as checkpoints do.

import { sizeOf, type Tensor, tf } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { Numbers } from './rows.ts';

type Shape = readonly number[];

/** [N, C, H, W] to [N, H, W, C]. */
export function toNhwc(data: Numbers, [n, c, h, w]: Shape): Float32Array {
  const area = h! * w!;
  const out = new Float32Array(data.length);
  for (let i = 0; i < n!; i++) {
    for (let k = 0; k < c!; k++) {
      const from = (i * c! + k) * area;
      for (let p = 0; p < area; p++) out[(i * area + p) * c! + k] = data[from + p]!;
    }
  }
  return out;
}

/** [N, H, W, C] to [N, C, H, W]; `shape` is that of the source. */
export function toNchw(data: Numbers, [n, h, w, c]: Shape): Float32Array {
  const area = h! * w!;
  const out = new Float32Array(data.length);
  for (let i = 0; i < n!; i++) {
    for (let k = 0; k < c!; k++) {
      const to = (i * c! + k) * area;
      for (let p = 0; p < area; p++) out[to + p] = data[(i * area + p) * c! + k]!;
    }
  }
  return out;
}

/** [N, P, C] to [N, C, P] for P positions. */
export const toChannelMajor = (data: Numbers, films: number, positions: number): Float32Array =>
  toNchw(data, [films, positions, 1, data.length / (films * positions)]);

/** [N, C, P] to [N, P, C]. */
export const toPositionMajor = (data: Numbers, films: number, positions: number): Float32Array =>
  toNhwc(data, [films, data.length / (films * positions), positions, 1]);

/** Reads tensors back by name and frees them. */
export async function takeAll(
  runtime: Runtime,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) {
    values.set(name, await runtime.read(tensor, sizeOf(tensor.shape) * 4));
    tensor.dispose();
  }
  return values;
}

/** A recorded tensor on the GPU. */
export const upload = (data: Float32Array, shape: Shape): Tensor => tf.tensor(data, [...shape], 'float32');
