// Times the forms of each kernel on the adapter at hand, at shapes of a network in training, and says which is fastest.
// A form must give what the form taken without a choice gives, or it is none. The whole is bounded in time: kernels
// that were not reached keep the form that they take without a choice. Results are the same whichever is taken, but
// not to the last bit, so the choice is made before a run is prepared and said in reports.

import { chooseForms, type Form, formFor, formsHere } from '../../gpu/forms.ts';
import { type Kernel, type Tensor, tf } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import { type Given, relativeError } from '../../gpu/kernels/parts/samples.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { KernelForm } from '../../protocol/kernels.ts';
import { guarded } from './checkKernel.ts';

export type FormTimes = Readonly<Partial<Record<KernelName, readonly KernelForm[]>>>;

/** Ends the measurement, in ms: an app that starts may wait for a second, one on the processor waits anyway. */
const BUDGET = { hardware: 1000, software: 3000 };
/** Runs between two looks at the clock: a single one of a small kernel is over before the clock moves. */
const RUNS = { hardware: 8, software: 1 };
const FILMS = { hardware: 16, software: 1 };
const ROUNDS = 3;
const AGREE = 1e-4;

/** Kernels in the order of what a good choice saves, because time may run out. */
export const MEASURED = [
  'conv2d',
  'conv2dFilterGrad',
  'conv2dInputGrad',
  'dense',
  'denseFilterGrad',
  'denseInputGrad',
  'bottleneckGrad',
  'bottleneck',
  'batchNormGrad',
  'batchNorm',
  'vicreg',
  'maxPoolGrad',
] as const satisfies readonly KernelName[];

type AnyKernel = Kernel<string, object>;

/** The fastest form of each kernel that was measured, where that is another than it takes anyway. */
export function fastest(times: FormTimes): Partial<Record<KernelName, string>> {
  const choices: Partial<Record<KernelName, string>> = {};
  for (const [name, forms] of Object.entries(times) as [KernelName, readonly KernelForm[]][]) {
    const usable = forms.filter(({ ms, fault }) => ms !== null && fault === undefined);
    const [best] = usable.toSorted((a, b) => a.ms! - b.ms!);
    if (best) choices[name] = best.name;
  }
  return choices;
}

/** @param budget ms after which no further kernel is begun */
export async function measureForms(
  runtime: Runtime,
  budget: number = runtime.software ? BUDGET.software : BUDGET.hardware,
): Promise<FormTimes> {
  const end = performance.now() + budget;
  const films = runtime.software ? FILMS.software : FILMS.hardware;
  const times: Partial<Record<KernelName, readonly KernelForm[]>> = {};
  for (const name of MEASURED) {
    if (performance.now() >= end) break;
    const { timed } = CASES[name] as { timed?: (films: number) => Case };
    if (!timed) continue;
    const kernel = KERNEL_TABLE[name] as unknown as AnyKernel;
    const measured = await measureKernel(runtime, kernel, timed(films), end);
    if (measured) times[name] = measured;
  }
  chooseForms(new Map());
  runtime.trim();
  return times;
}

interface Case {
  readonly inputs: Readonly<Record<string, Given>>;
  readonly attrs: object;
}

/** All forms of one kernel, or null where time ran out before the last: half a comparison is none. */
async function measureKernel(
  runtime: Runtime,
  kernel: AnyKernel,
  { inputs, attrs }: Case,
  end: number,
): Promise<KernelForm[] | null> {
  const { name, forms } = kernel.spec;
  if (!forms) return null;
  const tensors: Record<string, Tensor> = {};
  for (const [input, { shape, data }] of Object.entries(inputs)) tensors[input] = tf.tensor(data, [...shape]);
  const usual = formFor(name, forms, runtime);
  // What is taken anyway comes first: the others are held to its result.
  const order = [usual, ...formsHere(forms, runtime).filter((form) => form !== usual)];
  const measured: KernelForm[] = [];
  let wanted: Float32Array | null = null;
  try {
    for (const form of order) {
      if (performance.now() >= end) return null;
      chooseForms(new Map([[name, form]]));
      const found = await guarded(runtime, () => timed(runtime, () => kernel(tensors, attrs)));
      wanted ??= found.value?.result ?? null;
      measured.push(verdict(form, found, wanted));
    }
  } finally {
    tf.dispose(Object.values(tensors));
  }
  return measured;
}

interface Timing {
  readonly ms: number;
  readonly result: Float32Array;
}

function verdict(
  name: Form,
  { value, fault }: { value: Timing | null; fault: string | null },
  wanted: Float32Array | null,
): KernelForm {
  if (!value) return { name, ms: null, fault: fault ?? '' };
  const error = wanted ? relativeError(value.result, wanted) : Number.NaN;
  if (!(error <= AGREE)) return { name, ms: value.ms, fault: 'It does not agree with the other forms.' };
  return { name, ms: value.ms };
}

/** The shortest of some rounds, per run, after one that compiles and is read. */
async function timed(runtime: Runtime, record: () => Tensor[]): Promise<Timing> {
  await runtime.compile(
    runtime.collect(() => tf.dispose(record())),
    () => undefined,
  );
  const made = record();
  const result = await runtime.read(made[0]!, made[0]!.size * 4);
  tf.dispose(made);
  const runs = runtime.software ? RUNS.software : RUNS.hardware;
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let run = 0; run < runs; run++) tf.dispose(record());
    runtime.submit();
    await runtime.device.queue.onSubmittedWorkDone();
    ms = Math.min(ms, (performance.now() - begin) / runs);
  }
  return { ms, result };
}
