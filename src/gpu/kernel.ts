// An operation as one record: its output shapes, its WGSL form and its plain-loop reference. defineKernel
// registers it with tfjs for both the `webgpu` and the `cpu` backend under the same name, so the whole model runs
// on either, and the reference is the executable specification that tests and the self-test page compare with.
// Gradients are kernels of their own; which kernel is whose gradient is said in nn/.

import { alias, allocate, onGpu, type PlainData, type Tensor, type TensorInfo, tf } from './backend.ts';
import { type Form, type Forms, formFor, hostValues, replacementOf, type Stock } from './forms.ts';
import type { Program } from './program.ts';
import type { Runtime } from './runtime.ts';

export { type Tensor, tf };

/** Dimensions, the last running fastest. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** The dimensions of a map, [N, H, W, C], or of a filter, [kh, kw, in, out]. */
export function shape4(shape: Shape): [number, number, number, number] {
  if (shape.length !== 4) throw new Error(`four dimensions were expected, not [${shape.join(', ')}]`);
  return [...shape] as [number, number, number, number];
}

/** A tensor as plain numbers, row-major. References read and write these. */
export interface Plain {
  readonly shape: Shape;
  readonly data: PlainData;
}

/** Attribute of kernels that can do without a second tensor. */
export interface InPlace {
  /** The result may take the memory of the input that changes, which the caller must not use afterwards. */
  readonly inPlace?: boolean;
}

/** What a kernel's WGSL form may do while it records its dispatches. */
export interface GpuJob<In extends string> {
  readonly inputs: Readonly<Record<In, TensorInfo>>;
  readonly outputs: readonly TensorInfo[];
  /** Which of the kernel's programs to record. */
  readonly form: Form;
  /** Scratch memory for this call, at least of this shape, contents undefined. */
  scratch(shape: Shape): TensorInfo;
  /**
   * Lets an output take the memory of an input of its shape, which the caller has given away. Programs that use both
   * bind it once, as the output: a buffer cannot be read-only and writable in one dispatch.
   */
  takeOver(output: number, input: In): TensorInfo;
  run(
    program: Program,
    tensors: readonly TensorInfo[],
    params: readonly number[],
    groups: readonly [number, number?, number?],
    /** Multiply-adds of the dispatch, where a thread does many. */
    work?: number,
  ): void;
}

export interface KernelSpec<In extends string, Attrs extends object, Out extends string = string> {
  /** Registered name; ours begin with Mlv. */
  readonly name: string;
  readonly inputs: readonly In[];
  /** Inputs that are updated in place; they are bound as read-write. */
  readonly mutates?: readonly In[];
  /** Where the kernel has more than one form of its programs. */
  readonly forms?: Forms;
  /** What the outputs are called, in their order; one that comes under some attributes alone stands last. */
  readonly results?: readonly Out[];
  outputs(shapes: Readonly<Record<In, Shape>>, attrs: Attrs): readonly Shape[];
  gpu(job: GpuJob<In>, attrs: Attrs): void;
  reference(inputs: Readonly<Record<In, Plain>>, attrs: Attrs, outputs: readonly Plain[]): void;
}

export interface Kernel<In extends string, Attrs extends object, Out extends string = string> {
  (inputs: Readonly<Record<In, Tensor>>, attrs: Attrs): Tensor[];
  /** The same, with the outputs by their names. */
  named(inputs: Readonly<Record<In, Tensor>>, attrs: Attrs): Record<Out, Tensor>;
  /** The same of a kernel that has one output. */
  one(inputs: Readonly<Record<In, Tensor>>, attrs: Attrs): Tensor;
  readonly spec: KernelSpec<In, Attrs>;
}

const FLOAT_BYTES = 4;
const ONE_FORM: Forms = { all: ['threads'], software: ['threads'], hardware: 'threads' };

let runtime: Runtime | null = null;

/** Called by device.ts when a device has become the tfjs backend. */
export function installRuntime(next: Runtime | null): void {
  runtime = next;
}

export const installedRuntime = (): Runtime | null => runtime;

export function currentRuntime(): Runtime {
  if (!runtime) throw new Error('no WebGPU device is open');
  return runtime;
}

/** Every kernel defined so far, for the self-test, the benchmark and the compile list. */
export const KERNELS = new Map<string, KernelSpec<string, object>>();

export function defineKernel<In extends string, Attrs extends object, Out extends string = never>(
  spec: KernelSpec<In, Attrs, Out>,
): Kernel<In, Attrs, Out> {
  if (KERNELS.has(spec.name)) throw new Error(`kernel ${spec.name} is defined twice`);
  KERNELS.set(spec.name, spec as unknown as KernelSpec<string, object>);
  tf.registerKernel({
    kernelName: spec.name,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) =>
      runOnGpu(spec, inputs as unknown as Record<In, TensorInfo>, attrs as unknown as Attrs, backend),
  });
  tf.registerKernel({
    kernelName: spec.name,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs, backend }) =>
      runOnCpu(spec, inputs as unknown as Record<In, TensorInfo>, attrs as unknown as Attrs, backend),
  });
  const call = (inputs: Readonly<Record<In, Tensor>>, attrs: Attrs): Tensor[] => {
    const stock = replacementOf(spec.name) as Stock<In, Attrs> | undefined;
    if (stock && onGpu()) return runInstead(spec, stock, inputs, attrs);
    const made = tf.engine().runKernel(spec.name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
    return (Array.isArray(made) ? made : [made]) as Tensor[];
  };
  const named = (inputs: Readonly<Record<In, Tensor>>, attrs: Attrs) => {
    const made = call(inputs, attrs);
    return Object.fromEntries(made.map((tensor, i) => [spec.results?.[i] ?? i, tensor])) as Record<
      Out,
      Tensor
    >;
  };
  const one = (inputs: Readonly<Record<In, Tensor>>, attrs: Attrs) => {
    const [only, ...more] = call(inputs, attrs);
    if (!only || more.length > 0) throw new Error(`${spec.name} does not have one output`);
    return only;
  };
  return Object.assign(call, { spec, named, one });
}

/** The stock composition of a kernel that is switched off, held to the shapes that the kernel promises. */
function runInstead<In extends string, Attrs extends object>(
  { name, outputs }: KernelSpec<In, Attrs>,
  stock: Stock<In, Attrs>,
  inputs: Readonly<Record<In, Tensor>>,
  attrs: Attrs,
): Tensor[] {
  const device = currentRuntime();
  const made = tf.tidy(() =>
    stock.run(inputs, attrs, {
      put: (input, values, begin = 0) =>
        device.copy(values, 0, inputs[input], begin * FLOAT_BYTES, values.size * FLOAT_BYTES),
      host: (input) => hostValues(inputs[input]),
    }),
  );
  const shapes = outputs(shapesOf(Object.keys(inputs) as In[], inputs), attrs);
  if (JSON.stringify(made.map(({ shape }) => shape)) !== JSON.stringify(shapes)) {
    throw new Error(`what runs instead of ${name} made other shapes`);
  }
  return made;
}

function shapesOf<In extends string>(
  names: readonly In[],
  inputs: Readonly<Record<In, TensorInfo>>,
): Record<In, Shape> {
  const shapes: Partial<Record<In, Shape>> = {};
  for (const name of names) shapes[name] = inputs[name].shape;
  return shapes as Record<In, Shape>;
}

function runOnGpu<In extends string, Attrs extends object>(
  spec: KernelSpec<In, Attrs>,
  inputs: Record<In, TensorInfo>,
  attrs: Attrs,
  backend: unknown,
): TensorInfo[] {
  const device = currentRuntime();
  device.recording = spec.name;
  const outputs = spec.outputs(shapesOf(spec.inputs, inputs), attrs).map((shape) => allocate(backend, shape));
  const scratch: TensorInfo[] = [];
  spec.gpu(
    {
      inputs,
      outputs,
      form: formFor(spec.name, spec.forms ?? ONE_FORM, device),
      scratch(shape) {
        // In powers of two, so that scratch of nearly the same size is the same buffer: the pool keeps sizes apart.
        const info = allocate(backend, [2 ** Math.ceil(Math.log2(sizeOf(shape)))]);
        scratch.push(info);
        return { ...info, shape: [...shape] };
      },
      takeOver(output, input) {
        disposeInfo(backend, outputs[output]!);
        outputs[output] = alias(backend, inputs[input]);
        return outputs[output];
      },
      run: (...dispatch) => device.dispatch(...dispatch),
    },
    attrs,
  );
  // Dispatches of one queue run in order, so scratch may be handed to the next kernel at once.
  for (const info of scratch) disposeInfo(backend, info);
  return outputs;
}

const disposeInfo = (backend: unknown, { dataId }: TensorInfo) =>
  (backend as { disposeData(id: object): boolean }).disposeData(dataId);

function runOnCpu<In extends string, Attrs extends object>(
  spec: KernelSpec<In, Attrs>,
  inputs: Record<In, TensorInfo>,
  attrs: Attrs,
  backend: unknown,
): TensorInfo[] {
  const store = backend as {
    data: { get(id: object): { values: PlainData } };
    makeTensorInfo(shape: number[], dtype: string, values: PlainData): TensorInfo;
  };
  const plain: Partial<Record<In, Plain>> = {};
  for (const name of spec.inputs) {
    const info = inputs[name];
    plain[name] = { shape: info.shape, data: store.data.get(info.dataId).values };
  }
  const outputs = spec
    .outputs(shapesOf(spec.inputs, inputs), attrs)
    .map((shape) => ({ shape, data: new Float32Array(sizeOf(shape)) }));
  spec.reference(plain as Record<In, Plain>, attrs, outputs);
  return outputs.map(({ shape, data }) => store.makeTensorInfo([...shape], 'float32', data));
}
