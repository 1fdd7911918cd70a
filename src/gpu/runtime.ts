// Records our programs into the command encoder of the tfjs backend, so that own and stock kernels keep their
// order. Pipelines are cached by program name, bind groups by the buffers they bind, uniforms by their bytes:
// with fixed shapes a steady step allocates nothing. Submission is the caller's (submit) or happens by itself after
// so many dispatches or so much work, so that no single submit comes near a two-second watchdog. Buffers that results are read back
// from are kept where the same size is read again and again.

import { internalsOf, type TensorInfo } from './backend.ts';
import { type Program, slicesOf } from './program.ts';

const SUBMIT_EVERY = 64;
/** Multiply-adds a second of a card of which nothing is known: a tenth of what 400 GFLOP/s can do. */
const SLOW_CARD = 2e10;
/** A system resets a card that does not come back for two seconds: within one dispatch and one submit, at SLOW_CARD or as measured. */
const SECONDS_PER_DISPATCH = 0.5;
const SECONDS_PER_SUBMIT = 1;
/** A timing that goes wrong must not cut a step to pieces. */
const SLOWEST = 1e9;
/** Uploads in flight before they are submitted, so that their staging buffers are given back. */
const STAGED_BYTES = 1 << 24;
const CACHE_LIMIT = 8192;
/** A compiler may take hundreds of megabytes for one program, so only a few are given to it at a time. */
const COMPILED_AT_ONCE = 3;

export interface RuntimeCounts {
  dispatches: number;
  submits: number;
  /** Multiply-adds, where kernels say how many. */
  work: number;
  /** Of one dispatch at most. */
  mostWork: number;
}

export class Runtime {
  readonly device: GPUDevice;
  readonly software: boolean;
  readonly counts: RuntimeCounts = { dispatches: 0, submits: 0, work: 0, mostWork: 0 };
  /** What asked last for memory or dispatches: a kernel by its registered name. */
  recording = '';
  readonly #backend: ReturnType<typeof internalsOf>;
  /** The run at hand is little work for a step; kernels choose their forms by it. */
  little = false;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #uniforms = new Map<string, GPUBuffer>();
  readonly #groups = new Map<string, GPUBindGroup>();
  readonly #bufferIds = new WeakMap<GPUBuffer, number>();
  readonly #reads = new ReadBuffers();
  #nextBufferId = 1;
  /** Multiply-adds a second that are reckoned with. */
  #speed = SLOW_CARD;
  #work = 0;
  #staged = 0;
  #pending: Map<string, Program> | null = null;

  /** What decides between forms of kernels, as gpu/sizes.ts asks for it. */
  get kind(): { software: boolean; features: readonly string[]; limits: GPUSupportedLimits } {
    const { features, limits } = this.device;
    return { software: this.software, features: [...features], limits };
  }

  constructor(backend: unknown, software: boolean) {
    this.#backend = internalsOf(backend);
    this.device = this.#backend.device;
    this.software = software;
  }

  /** What was measured, in multiply-adds a second. A fast card is still taken for slow: it may be busy elsewhere. */
  reckonWith(speed: number): void {
    this.#speed = Math.min(SLOW_CARD, Math.max(SLOWEST, speed));
  }

  /** While `body` runs, nothing is dispatched; the programs it would need are returned. */
  collect(body: () => void): Program[] {
    this.#pending = new Map();
    try {
      body();
      return [...this.#pending.values()];
    } finally {
      this.#pending = null;
    }
  }

  /** Compiles programs off the critical path. Calls back after each. */
  async compile(programs: readonly Program[], onProgress: (done: number, total: number) => void) {
    const missing = programs.filter((program) => !this.#pipelines.has(program.name));
    let next = 0;
    let done = 0;
    onProgress(0, missing.length);
    const compileInTurn = async () => {
      for (let program = missing[next++]; program; program = missing[next++]) {
        const pipeline = await this.device.createComputePipelineAsync(this.#descriptor(program));
        this.#pipelines.set(program.name, pipeline);
        onProgress(++done, missing.length);
      }
    };
    await Promise.all(Array.from({ length: COMPILED_AT_ONCE }, compileInTurn));
  }

  /**
   * Records one dispatch, or several that share its work where it is sliced and long. `tensors` are bound in the order of
   * the program's reads, then writes. `work` is the number of multiply-adds where that is more than one per thread.
   */
  dispatch(
    program: Program,
    tensors: readonly TensorInfo[],
    params: readonly number[],
    groups: readonly [number, number?, number?],
    work = groups[0] * (groups[1] ?? 1) * (groups[2] ?? 1) * program.threads,
  ): void {
    if (this.#pending) {
      this.#pending.set(program.name, program);
      return;
    }
    const buffers = tensors.map((tensor) => this.bufferOf(tensor));
    if (!program.sliced) {
      this.#record(program, buffers, params, groups, work);
      return;
    }
    const parts = Math.ceil(work / (this.#speed * SECONDS_PER_DISPATCH));
    for (const slice of slicesOf(groups, Math.max(1, parts))) {
      this.#record(program, buffers, [...params, slice.first], slice.groups, work * slice.share);
    }
  }

  #record(
    program: Program,
    tensors: readonly GPUBuffer[],
    params: readonly number[],
    groups: readonly [number, number?, number?],
    work: number,
  ): void {
    const buffers = program.paramKinds.length > 0 ? [...tensors, this.#uniform(program, params)] : tensors;
    const pipeline = this.#pipeline(program);
    const bindGroup = this.#bindGroup(program, buffers);
    const backend = this.#backend;
    if (this.#work > 0 && this.#work + work > this.#speed * SECONDS_PER_SUBMIT) this.submit();
    this.#work += work;
    this.counts.work += work;
    this.counts.mostWork = Math.max(this.counts.mostWork, work);
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
    const pass = backend.computePassEncoder;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups[0], groups[1] ?? 1, groups[2] ?? 1);
    this.counts.dispatches++;
    if (++backend.dispatchCountInPass >= SUBMIT_EVERY) this.submit();
  }

  /** Records a copy between tensors, in bytes; offsets are multiples of 4. */
  copy(from: TensorInfo, fromOffset: number, to: TensorInfo, toOffset: number, bytes: number): void {
    if (this.#pending) return;
    const backend = this.#backend;
    const source = this.bufferOf(from);
    const target = this.bufferOf(to);
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder!.copyBufferToBuffer(source, fromOffset, target, toOffset, bytes);
  }

  /** Overwrites a tensor from the host. Earlier recorded work is submitted first, so it sees the old values. */
  write(to: TensorInfo, data: Float32Array | Int32Array | Uint32Array | Uint8Array, byteOffset = 0): void {
    if (this.#pending) return;
    // A first use uploads the host's values through the encoder; that copy must not come after this write.
    const buffer = this.bufferOf(to);
    this.submit();
    this.device.queue.writeBuffer(buffer, byteOffset, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Lets the GPU note its time when everything recorded so far is done. */
  stamp(querySet: GPUQuerySet, index: number): void {
    if (this.#pending) return;
    const backend = this.#backend;
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    const timestampWrites = { querySet, endOfPassWriteIndex: index };
    backend.commandEncoder!.beginComputePass({ timestampWrites }).end();
  }

  submit(): void {
    if (this.#pending || !this.#backend.commandEncoder) return;
    this.#backend.endComputePassEncoder();
    this.#backend.submitQueue();
    this.counts.submits++;
    this.#work = 0;
    this.#staged = 0;
  }

  /** Copies a small tensor to the host; the promise settles when the GPU has got there. */
  read(tensor: TensorInfo, bytes: number): Promise<Float32Array> {
    const staging = this.#reads.take(this.device, bytes);
    const backend = this.#backend;
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder!.copyBufferToBuffer(this.bufferOf(tensor), 0, staging, 0, bytes);
    this.submit();
    return staging.mapAsync(GPUMapMode.READ).then(() => {
      const values = new Float32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      this.#reads.giveBack(staging);
      return values;
    });
  }

  /** All numbers of a tensor. Where the device goes, many of these fail, and only one that is waited for says so. */
  readonly download = (tensor: TensorInfo): Promise<Float32Array> => {
    const bytes = tensor.shape.reduce((product, size) => product * size, 4);
    const reading = this.read(tensor, bytes);
    reading.catch(() => undefined);
    return reading;
  };

  /** Makes ready for `count` reads of so many bytes at once, so that none of them has to allocate. */
  reserveReads(bytes: number, count: number): void {
    this.#reads.reserve(this.device, bytes, count);
  }

  releaseReads(bytes: number): void {
    this.#reads.release(bytes);
  }

  /** Brings a tensor that lives on the host to the GPU now, and lets go of staging memory as it piles up. */
  settle(tensor: TensorInfo): void {
    this.bufferOf(tensor);
    this.#staged += tensor.shape.reduce((a, b) => a * b, 4);
    if (this.#staged >= STAGED_BYTES) this.submit();
  }

  /** The GPU buffer behind a tensor, uploaded if it only lives on the host; stale host copies are dropped. */
  bufferOf(tensor: TensorInfo): GPUBuffer {
    const backend = this.#backend;
    const entry = backend.tensorMap.get(tensor.dataId);
    if (!entry.resource) backend.uploadToGPU(tensor.dataId);
    entry.values = null;
    return entry.resource!;
  }

  /** Destroys pooled buffers that nothing uses, after a change of shapes. Returns the bytes given back. */
  trim(): number {
    this.submit();
    this.#groups.clear();
    const manager = this.#backend.bufferManager;
    let bytes = 0;
    for (const list of manager.freeBuffers.values()) {
      for (const buffer of list) {
        bytes += buffer.size;
        buffer.destroy();
        manager.numFreeBuffers--;
      }
      list.length = 0;
    }
    manager.numBytesAllocated -= bytes;
    return bytes;
  }

  memory(): { inUse: number; reserved: number } {
    const { numBytesUsed, numBytesAllocated } = this.#backend.bufferManager;
    return { inUse: numBytesUsed, reserved: numBytesAllocated };
  }

  #descriptor(program: Program): GPUComputePipelineDescriptor {
    const module = this.device.createShaderModule({ code: program.code, label: program.name });
    const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.#layout(program)] });
    return { label: program.name, layout, compute: { module, entryPoint: 'main' } };
  }

  #pipeline(program: Program): GPUComputePipeline {
    let pipeline = this.#pipelines.get(program.name);
    if (!pipeline) {
      pipeline = this.device.createComputePipeline(this.#descriptor(program));
      this.#pipelines.set(program.name, pipeline);
    }
    return pipeline;
  }

  #layout(program: Program): GPUBindGroupLayout {
    const key = program.bindingKinds.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entries = program.bindingKinds.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      }));
      layout = this.device.createBindGroupLayout({ entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  #bindGroup(program: Program, buffers: readonly GPUBuffer[]): GPUBindGroup {
    let key = program.bindingKinds.join();
    for (const buffer of buffers) key += `,${this.#idOf(buffer)}`;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= CACHE_LIMIT) this.#groups.clear();
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      group = this.device.createBindGroup({ layout: this.#layout(program), entries });
      this.#groups.set(key, group);
    }
    return group;
  }

  #uniform(program: Program, params: readonly number[]): GPUBuffer {
    const kinds = program.paramKinds;
    if (params.length !== kinds.length) throw new Error(`${program.name}: ${params.length} parameters given`);
    const key = `${kinds.join('')}:${params.join()}`;
    let buffer = this.#uniforms.get(key);
    if (!buffer) {
      const size = Math.ceil(kinds.length / 4) * 16;
      const view = new DataView(new ArrayBuffer(size));
      kinds.forEach((kind, i) => {
        const value = params[i]!;
        if (kind === 'f32') view.setFloat32(i * 4, value, true);
        else view.setInt32(i * 4, value, true);
      });
      buffer = this.device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
      this.device.queue.writeBuffer(buffer, 0, view.buffer);
      this.#uniforms.set(key, buffer);
    }
    return buffer;
  }

  #idOf(buffer: GPUBuffer): number {
    let id = this.#bufferIds.get(buffer);
    if (id === undefined) {
      id = this.#nextBufferId++;
      this.#bufferIds.set(buffer, id);
    }
    return id;
  }
}

export class ReadBuffers {
  readonly #idle = new Map<number, GPUBuffer[]>();

  take(device: GPUDevice, size: number): GPUBuffer {
    return this.#idle.get(size)?.pop() ?? make(device, size);
  }

  /** Unmapped, and nothing pending on it. */
  giveBack(buffer: GPUBuffer): void {
    const list = this.#idle.get(buffer.size);
    if (list) list.push(buffer);
    else buffer.destroy();
  }

  /** Lets `count` buffers of a size lie idle from now on, until they are released. */
  reserve(device: GPUDevice, size: number, count: number): void {
    const list = this.#idle.get(size) ?? [];
    while (list.length < count) list.push(make(device, size));
    this.#idle.set(size, list);
  }

  release(size: number): void {
    for (const buffer of this.#idle.get(size) ?? []) buffer.destroy();
    this.#idle.delete(size);
  }
}

const make = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
