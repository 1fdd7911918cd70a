// Runs one case of a kernel on the GPU and measures how far it lands from the plain loops. Whatever goes wrong (a
// program the driver refuses, a fault while it runs, a number that is none) becomes a row, never an exception.

import { keepOnHost } from '../../gpu/forms.ts';
import { type Kernel, type Tensor, tf } from '../../gpu/kernel.ts';
import {
  type Case,
  type Given,
  type Results,
  referenceOf,
  relativeError,
  TOLERANCE,
} from '../../gpu/kernels/parts/case.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { ErrorUnit, SelfTestRow } from '../../protocol/device.ts';

/** Kinds of GPU error that are caught here, so that they end neither the test nor a run that is paused. */
const SCOPES = ['validation', 'internal', 'out-of-memory'] as const;

/** Runs `work`; what the GPU or the program complained about is returned in words, with no value. */
export async function guarded<T>(
  runtime: Runtime,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly fault: null } | { readonly value: null; readonly fault: string }> {
  for (const scope of SCOPES) runtime.device.pushErrorScope(scope);
  const outcome = await work().then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  const errors = await Promise.all(SCOPES.map(() => runtime.device.popErrorScope()));
  const [error] = errors.filter((found) => found !== null);
  if (error) return { value: null, fault: shortened(error.message) };
  if ('thrown' in outcome) return { value: null, fault: shortened(messageOf(outcome.thrown)) };
  return { value: outcome.value, fault: null };
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
const shortened = (message: string) => message.replace(/\s+/g, ' ').slice(0, 300);

export async function checkKernel<In extends string, Attrs extends object>(
  runtime: Runtime,
  name: string,
  kernel: Kernel<In, Attrs>,
  { detail, inputs, attrs, unit = 'relative', tolerance = TOLERANCE }: Case<In, Attrs>,
): Promise<SelfTestRow> {
  const given = inputs();
  const row = { part: 'kernel', name, detail, unit, tolerance } as const;
  const found = await guarded(runtime, () => runOnGpu(runtime, kernel, given, attrs));
  if (found.fault !== null) return { ...row, error: null, ok: false, fault: found.fault };
  const error = distance(found.value, referenceOf(kernel, given, attrs), unit);
  if (error === null) return { ...row, error, ok: false, fault: 'A result is not a finite number.' };
  return { ...row, error, ok: error <= tolerance };
}

async function runOnGpu<In extends string, Attrs extends object>(
  runtime: Runtime,
  kernel: Kernel<In, Attrs>,
  given: Readonly<Record<In, Given>>,
  attrs: Attrs,
): Promise<Results> {
  const owned: Tensor[] = [];
  try {
    const tensors = {} as Record<In, Tensor>;
    for (const name of kernel.spec.inputs) {
      const { shape, data } = given[name];
      const dtype = data instanceof Int32Array ? 'int32' : 'float32';
      tensors[name] = tf.tensor(data.slice(), [...shape], dtype);
      keepOnHost(tensors[name], data);
      owned.push(tensors[name]);
    }
    const programs = runtime.collect(() => tf.dispose(kernel(tensors, attrs)));
    await runtime.compile(programs, () => undefined);
    const made = kernel(tensors, attrs);
    owned.push(...made);
    const read = (tensor: Tensor) => runtime.read(tensor, tensor.size * 4);
    const outputs = await Promise.all(made.map(read));
    const mutated: Record<string, Float32Array> = {};
    for (const name of kernel.spec.mutates ?? []) mutated[name] = await read(tensors[name]);
    return { outputs, mutated };
  } finally {
    tf.dispose(owned);
  }
}

/** The worst over all outputs and mutated inputs; null where a number is not finite. */
function distance(found: Results, wanted: Results, unit: ErrorUnit): number | null {
  const pairs = [
    ...wanted.outputs.map((values, i) => [found.outputs[i]!, values] as const),
    ...Object.entries(wanted.mutated).map(([name, values]) => [found.mutated[name]!, values] as const),
  ];
  const apart = unit === 'levels' ? largestDifference : relativeError;
  const worst = Math.max(...pairs.map(([a, b]) => apart(a, b)));
  return Number.isFinite(worst) ? worst : null;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
