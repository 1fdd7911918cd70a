// What kernel tests share: the same call on the GPU and on the reference, and the error between them. Central
// differences check a gradient kernel against its forward reference. Not part of the product.

import { type Tensor, tf } from '../../backend.ts';
import { chooseForms, type Form, keepOnHost } from '../../forms.ts';
import { KERNELS, type Kernel, type Shape } from '../../kernel.ts';
import { testDevice } from '../../testDevice.ts';
import { type Given, relativeError } from './case.ts';

export { type Given, given, relativeError, values } from './case.ts';

import { sizeOf } from '../../kernel.ts';

export interface KernelRun {
  readonly outputs: Float32Array[];
  /** Mutated inputs after the call. */
  readonly mutated: Record<string, Float32Array>;
}

/** Runs a kernel on one backend and reads everything back; leaves no tensor behind. */
export async function runOn<In extends string, A extends object>(
  backend: 'webgpu' | 'cpu',
  kernel: Kernel<In, A>,
  inputs: Readonly<Record<In, Given>>,
  attrs: A,
): Promise<KernelRun> {
  await testDevice();
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const tensors = {} as Record<In, Tensor>;
  for (const name of kernel.spec.inputs) {
    const { shape, data } = inputs[name];
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    tensors[name] = tf.tensor(data.slice(), [...shape], dtype);
    keepOnHost(tensors[name], data);
  }
  const made = kernel(tensors, attrs);
  const outputs = await Promise.all(made.map(async (t) => Float32Array.from(await t.data())));
  const mutated: Record<string, Float32Array> = {};
  for (const name of kernel.spec.mutates ?? []) mutated[name] = Float32Array.from(await tensors[name].data());
  tf.dispose([...made, ...(Object.values(tensors) as Tensor[])]);
  const leaked = tf.memory().numTensors - before;
  await tf.setBackend('webgpu');
  if (leaked !== 0) throw new Error(`${kernel.spec.name} left ${leaked} tensors`);
  return { outputs, mutated };
}

/** Worst relative error between GPU and reference over all outputs and mutated inputs. */
export async function gpuError<In extends string, A extends object>(
  kernel: Kernel<In, A>,
  inputs: Readonly<Record<In, Given>>,
  attrs: A,
): Promise<number> {
  const gpu = await runOn('webgpu', kernel, inputs, attrs);
  const plain = await runOn('cpu', kernel, inputs, attrs);
  const errors = plain.outputs.map((output, i) => relativeError(gpu.outputs[i]!, output));
  for (const [name, data] of Object.entries(plain.mutated))
    errors.push(relativeError(gpu.mutated[name]!, data));
  const faults = (await testDevice()).takeFaults();
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return Math.max(...errors);
}

/** Lets every kernel that has this form take it, on whatever adapter the test has. */
export async function withForm(form: Form, body: () => Promise<void>): Promise<void> {
  const having = [...KERNELS.values()].filter(({ forms }) => forms?.all.includes(form));
  chooseForms(new Map(having.map(({ name }) => [name, form])));
  try {
    await body();
  } finally {
    chooseForms(new Map());
  }
}

/**
 * Central differences of sum(weights * outputs[0]) of a kernel's reference with respect to one input, by value.
 * Runs the plain loops directly, in whatever precision the arrays given have.
 */
export function numericalGradient<In extends string, A extends object>(
  kernel: Kernel<In, A>,
  inputs: Readonly<Record<In, Given>>,
  attrs: A,
  wanted: In,
  weights: ArrayLike<number>,
  step = 1e-4,
): Float64Array {
  const plain = {} as Record<In, { shape: Shape; data: Float32Array }>;
  const shapes = {} as Record<In, Shape>;
  for (const name of kernel.spec.inputs) {
    // Float64Array stands in for Float32Array: references only index and assign.
    plain[name] = {
      shape: inputs[name].shape,
      data: Float64Array.from(inputs[name].data) as unknown as Float32Array,
    };
    shapes[name] = inputs[name].shape;
  }
  const original = {} as Record<In, Float32Array>;
  for (const name of kernel.spec.inputs) original[name] = plain[name].data.slice();
  const evaluate = () => {
    for (const name of kernel.spec.mutates ?? []) plain[name].data.set(original[name]);
    const outputs = kernel.spec
      .outputs(shapes, attrs)
      .map((shape) => ({ shape, data: new Float64Array(sizeOf(shape)) as unknown as Float32Array }));
    kernel.spec.reference(plain, attrs, outputs);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * outputs[0]!.data[i]!;
    return sum;
  };
  const { data } = plain[wanted];
  const gradient = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const kept = data[i]!;
    data[i] = kept + step;
    const up = evaluate();
    data[i] = kept - step;
    gradient[i] = (up - evaluate()) / (2 * step);
    data[i] = kept;
  }
  return gradient;
}
