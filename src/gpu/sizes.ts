// A device that only counts: it makes buffers with a size and no memory, and takes every command without doing it. On
// it the real backend, with its pool, the real kernels and the real runtime play what a GPU would be asked for, so that
// the memory of a run is known before anything is allocated and nobody keeps a second list of sizes.
// While it is played, it stands in for the device of the backend; all of that happens in one go, so nobody sees it.

import { SIZES_BACKEND, tf, WebGPUBackend } from './backend.ts';
import { installedRuntime, installRuntime } from './kernel.ts';
import { Runtime } from './runtime.ts';

/** What decides between forms of kernels: features, limits, and whether the adapter is software. */
export interface AdapterKind {
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Bytes of the buffers that a device was asked for. */
export class SizeCounts {
  live = 0;
  peak = 0;
  #largest = { bytes: 0, owner: '' };

  /** `owner` is what was being recorded when the buffer was made. */
  add(bytes: number, owner: string): void {
    this.live += bytes;
    this.peak = Math.max(this.peak, this.live);
    if (bytes > this.#largest.bytes) this.#largest = { bytes, owner };
  }

  get largest(): { readonly bytes: number; readonly owner: string } {
    return this.#largest;
  }
}

/**
 * Runs `body`, at once, on a device that counts. `body` hears the runtime and the counts so far, and must dispose what
 * it makes; promises are never settled here.
 */
export function countSizes<T>(kind: AdapterKind, body: (runtime: Runtime, counts: SizeCounts) => T): T {
  const counts = new SizeCounts();
  let runtime: Runtime | null = null;
  const device = countingDevice(kind, counts, () => runtime?.recording ?? '');
  const backend = new WebGPUBackend(device, {} as GPUAdapterInfo);
  const before = { backend: tf.getBackend(), runtime: installedRuntime() };
  // Kernels are registered as their modules load, so all of them are there by now.
  if (tf.getKernelsForBackend(SIZES_BACKEND).length === 0) tf.copyRegisteredKernels('webgpu', SIZES_BACKEND);
  tf.registerBackend(SIZES_BACKEND, () => backend);
  // Both changes of the backend are done when the call returns: neither has anything to wait for.
  void tf.setBackend(SIZES_BACKEND);
  try {
    runtime = new Runtime(backend, kind.software);
    installRuntime(runtime);
    return body(runtime, counts);
  } finally {
    installRuntime(before.runtime);
    // None where no device is open.
    if (before.backend) void tf.setBackend(before.backend);
    tf.removeBackend(SIZES_BACKEND);
  }
}

function countingDevice(
  { features, limits }: AdapterKind,
  counts: SizeCounts,
  owner: () => string,
): GPUDevice {
  const nothing = () => ({});
  const pipeline = { getBindGroupLayout: nothing };
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const encoder = { beginComputePass: () => pass, copyBufferToBuffer: nothing, finish: nothing };
  const device = {
    features: new Set(features),
    limits,
    queue: { writeBuffer: nothing, submit: nothing },
    createBuffer(descriptor: GPUBufferDescriptor) {
      counts.add(descriptor.size, owner());
      return countedBuffer(descriptor, counts);
    },
    createShaderModule: nothing,
    createBindGroup: nothing,
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createComputePipeline: () => pipeline,
    createCommandEncoder: () => encoder,
  };
  return device as unknown as GPUDevice;
}

/** tfjs asks what a buffer is an instance of. */
function countedBuffer(
  { size, usage, mappedAtCreation }: GPUBufferDescriptor,
  counts: SizeCounts,
): GPUBuffer {
  let alive = true;
  const fields = {
    size,
    usage,
    mapState: mappedAtCreation ? 'mapped' : 'unmapped',
    getMappedRange: () => new ArrayBuffer(size),
    unmap: () => undefined,
    destroy() {
      if (alive) counts.live -= size;
      alive = false;
    },
  };
  return Object.create(GPUBuffer.prototype, Object.getOwnPropertyDescriptors(fields)) as GPUBuffer;
}
