// The one door to TensorFlow.js and to the private fields of its WebGPU backend that we rely on. Everything else
// in gpu/ goes through here, so that an upgrade or a replacement of the backend is a change of this file.
// tfjs gives us tensors, their bookkeeping, the buffer pool and the plain CPU backend; kernels are our own.

import '@tensorflow/tfjs-backend-cpu';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';

export type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
export { tf, WebGPUBackend };

/** A float32 or int32 tensor's storage as the CPU backend holds it. */
export type PlainData = Float32Array | Int32Array;

/** The private fields of WebGPUBackend 4.22 that recording our own dispatches needs. */
interface BackendInternals {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  readonly tensorMap: { get(id: object): { resource?: GPUBuffer; values: unknown } };
  readonly bufferManager: {
    freeBuffers: Map<string, GPUBuffer[]>;
    numFreeBuffers: number;
    numBytesUsed: number;
    numBytesAllocated: number;
  };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(id: object): void;
}

const REQUIRED: readonly (keyof BackendInternals)[] = [
  'device',
  'queue',
  'tensorMap',
  'bufferManager',
  'ensureCommandEncoderReady',
  'endComputePassEncoder',
  'submitQueue',
  'uploadToGPU',
];

/** The internals of the backend, checked once so that a changed tfjs fails loudly rather than in a kernel. */
export function internalsOf(backend: unknown): BackendInternals {
  const candidate = backend as BackendInternals;
  for (const field of REQUIRED) {
    if (candidate[field] === undefined) throw new Error(`tfjs WebGPU backend lacks "${field}"`);
  }
  return candidate;
}

/** The same storage under a second tensor; it lives until both are disposed. */
export function alias(backend: unknown, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  (backend as WebGPUBackend).incRef(dataId);
  return { dataId, shape, dtype };
}

/** The backend that only counts sizes (sizes.ts). */
export const SIZES_BACKEND = 'sizes';

/** Whether kernels run as programs of a GPU, be it one that only counts. */
export const onGpu = (): boolean => ['webgpu', SIZES_BACKEND].includes(tf.getBackend());

/** A tensor that stays until it is disposed. Where only sizes are counted, nobody asks for its values. */
export function keptTensor(
  shape: readonly number[],
  values: () => PlainData,
  dtype: 'float32' | 'int32' = 'float32',
): tf.Tensor {
  if (tf.getBackend() !== SIZES_BACKEND) return tf.keep(tf.tensor(values(), [...shape], dtype));
  const engine = tf.engine();
  return tf.keep(engine.makeTensorFromTensorInfo(allocate(engine.backend, shape, dtype)));
}

export const keptZeros = (shape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): tf.Tensor =>
  keptTensor(
    shape,
    () => {
      const size = shape.reduce((a, b) => a * b, 1);
      return dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    },
    dtype,
  );

/** A tensor without values on the active backend; its contents are undefined until a kernel writes them. */
export function allocate(backend: unknown, shape: readonly number[], dtype: 'float32' | 'int32' = 'float32') {
  return (backend as WebGPUBackend).makeTensorInfo([...shape], dtype);
}
