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

/** A tensor without values on the active backend; its contents are undefined until a kernel writes them. */
export function allocate(backend: unknown, shape: readonly number[], dtype: 'float32' | 'int32' = 'float32') {
  return (backend as WebGPUBackend).makeTensorInfo([...shape], dtype);
}
