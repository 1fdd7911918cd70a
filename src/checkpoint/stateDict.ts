// Between our weight layouts and PyTorch's. Names are PyTorch's throughout, so only the order of numbers differs:
// we hold convolutions as [kh, kw, in, out] and linears as [in, out]; PyTorch holds [out, in, kh, kw] and [out, in].
// The local projector's first linear also reads its 4 x 4 positions in another order than its channels.

import { AppError } from '../util/errors.ts';

/** Everything but 8-byte integers is held in single precision. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
export type NamedTensors = ReadonlyMap<string, NamedTensor>;

/** Positions of the pooled level map; ours is position-major (p * C + c), PyTorch's channel-major (c * 16 + p). */
const POSITIONS = 16;
const POOLED_INPUT = /(^|\.)resize_project\.conv_head\.projection\.2\.weight$/;

/** Batch-norm state and queues, as opposed to weights. */
export const isBufferName = (name: string) =>
  /\.(running_mean|running_var|num_batches_tracked)$|^queue(_ptr)?$/.test(name);

/** Number and place of the dimensions of [kh, kw, in, out] in PyTorch's order, and back. */
const TO_TORCH: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [3, 2, 0, 1] };
const FROM_TORCH: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [2, 3, 1, 0] };

/** A tensor of ours as PyTorch stores it. @throws AppError internal for a shape no parameter has */
export function toTorchLayout(name: string, { shape, data }: NamedTensor): NamedTensor {
  const moved = permute(shape, data, TO_TORCH[shape.length]);
  return POOLED_INPUT.test(name) ? reorderInputs(name, moved, 'channels') : moved;
}

/** A tensor of PyTorch's as we hold it. @throws AppError checkpoint-invalid for a shape no parameter has */
export function fromTorchLayout(name: string, { shape, data }: NamedTensor): NamedTensor {
  if (shape.length === 3 || shape.length > 4) {
    const found = `tensor ${name.slice(0, 80)} has ${shape.length} dimensions, which no weight of the model has.`;
    throw new AppError('checkpoint-invalid', found);
  }
  const ordered = POOLED_INPUT.test(name)
    ? reorderInputs(name, { shape, data }, 'positions')
    : { shape, data };
  return permute(ordered.shape, ordered.data, FROM_TORCH[shape.length]);
}

type Four = [number, number, number, number];

/** Dimension d of the result is dimension order[d] of the source; nothing moves without an order. */
function permute(shape: readonly number[], data: Float32Array, order?: readonly number[]): NamedTensor {
  if (!order) return { shape, data: data.slice() };
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
  // Matrices are walked as four-dimensional tensors whose first two sizes are one.
  const sizes: Four = [1, 1, 1, 1];
  const steps: Four = [0, 0, 0, 0];
  for (const [d, from] of order.entries()) {
    sizes[d + 4 - order.length] = shape[from]!;
    steps[d + 4 - order.length] = strides[from]!;
  }
  const [a, b, c, d] = sizes;
  const [sa, sb, sc, sd] = steps;
  const result = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) {
        let from = i * sa + j * sb + k * sc;
        for (let l = 0; l < d; l++, from += sd) result[at++] = data[from]!;
      }
    }
  }
  return { shape: order.map((from) => shape[from]!), data: result };
}

/** Reorders the columns of an [out, 16 * C] matrix. `first` says which index varies slowest in the result. */
function reorderInputs(
  name: string,
  { shape, data }: NamedTensor,
  first: 'channels' | 'positions',
): NamedTensor {
  const [outputs, inputs] = shape as [number, number];
  if (shape.length !== 2 || inputs % POSITIONS !== 0) {
    throw new AppError(
      'checkpoint-invalid',
      `tensor ${name} of shape [${shape.join(', ')}] is no pooled input.`,
    );
  }
  const channels = inputs / POSITIONS;
  const result = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += inputs) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < POSITIONS; p++) {
        const [torch, ours] = [row + c * POSITIONS + p, row + p * channels + c];
        if (first === 'channels') result[torch] = data[ours]!;
        else result[ours] = data[torch]!;
      }
    }
  }
  return { shape: [outputs, inputs], data: result };
}
