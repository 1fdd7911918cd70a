// Times the forms of each kernel on the adapter at hand, at shapes of a network in training, and says which is fastest.
// A form must give what the form taken without a choice gives, or it is none. The whole is bounded in time: kernels
// that were not reached keep the form that they take without a choice, and so do those whose forms differ by less than
// the timer can tell. Results are the same whichever is taken, but
// not to the last bit, so the choice is made before a run is prepared and said in reports.

import { chooseForms, type Form, formFor, formsHere, isTiled } from '../../gpu/forms.ts';
import { type Kernel, type Tensor, tf } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import { type Given, relativeError } from '../../gpu/kernels/parts/case.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { KernelForm } from '../../protocol/device.ts';
import { guarded } from './checkKernel.ts';
import { type Duration, FormTimer } from './formTimer.ts';

/** One form of a kernel as it was timed; the form that is taken without a choice comes first. */
export interface FormTime extends KernelForm {
  /** What the timer could not tell, in ms. */
  readonly within?: number;
  /** Multiply-adds, for kernels whose forms are tiles of a product. */
  readonly work?: number;
}

export type FormTimes = Readonly<Partial<Record<KernelName, readonly FormTime[]>>>;

/**
 * Ends the measurement, in ms: an app that starts may wait for a second; one on the processor waits anyway, and so does
 * one whose browser tells late what is done.
 */
const BUDGET = { prompt: 1000, slow: 3000 };
/** Runs between two looks at the clock: a single one of a small kernel is over before the clock moves. */
const RUNS = { hardware: 8, software: 1 };
const FILMS = { hardware: 16, software: 1 };
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

const usable = ({ ms, fault }: FormTime) => ms !== null && fault === undefined;

/** What is taken of a kernel's forms: the fastest by more than the timer's doubt, else the usual one. */
function choiceOf(forms: readonly FormTime[]): FormTime | undefined {
  const [best] = forms.filter(usable).toSorted((a, b) => a.ms! - b.ms!);
  const [usual] = forms;
  if (!best || !usual || !usable(usual)) return best;
  return usual.ms! - best.ms! > Math.max(usual.within ?? 0, best.within ?? 0) ? best : usual;
}

/** The form of each kernel that was measured. */
export function fastest(times: FormTimes): Partial<Record<KernelName, string>> {
  const choices: Partial<Record<KernelName, string>> = {};
  for (const [name, forms] of Object.entries(times) as [KernelName, readonly FormTime[]][]) {
    const choice = choiceOf(forms);
    if (choice) choices[name] = choice.name;
  }
  return choices;
}

/** Multiply-adds a second of the slowest product in the form that is taken; null where none was timed well enough. */
export function speedOf(times: FormTimes): number | null {
  const speeds = Object.values(times).flatMap((forms) => {
    const { ms, within = 0, work } = choiceOf(forms) ?? {};
    return work && ms && within < ms / 2 ? [(1000 * work) / ms] : [];
  });
  return speeds.length > 0 ? Math.min(...speeds) : null;
}

export interface Measuring {
  /** ms after which no further kernel is begun. */
  readonly budget?: number;
  /** Whether the GPU's own clock may be used. */
  readonly stamped?: boolean;
}

export async function measureForms(
  runtime: Runtime,
  { budget, stamped }: Measuring = {},
): Promise<FormTimes> {
  const timer = await FormTimer.open(runtime, stamped);
  const usual = runtime.software || timer.tardy ? BUDGET.slow : BUDGET.prompt;
  const end = performance.now() + (budget ?? usual);
  const films = runtime.software ? FILMS.software : FILMS.hardware;
  const times: Partial<Record<KernelName, readonly FormTime[]>> = {};
  for (const name of MEASURED) {
    if (performance.now() >= end) break;
    const { timed } = CASES[name] as { timed?: (films: number) => Case };
    if (!timed) continue;
    const kernel = KERNEL_TABLE[name] as unknown as AnyKernel;
    const measured = await measureKernel(timer, runtime, kernel, timed(films), end);
    if (measured) times[name] = measured;
  }
  timer.close();
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
  timer: FormTimer,
  runtime: Runtime,
  kernel: AnyKernel,
  { inputs, attrs }: Case,
  end: number,
): Promise<FormTime[] | null> {
  const { name, forms } = kernel.spec;
  if (!forms) return null;
  const tensors: Record<string, Tensor> = {};
  for (const [input, { shape, data }] of Object.entries(inputs)) tensors[input] = tf.tensor(data, [...shape]);
  const usual = formFor(name, forms, runtime);
  // What is taken anyway comes first: the others are held to its result.
  const order = [usual, ...formsHere(forms, runtime).filter((form) => form !== usual)];
  const measured: FormTime[] = [];
  let wanted: Float32Array | null = null;
  try {
    for (const form of order) {
      if (performance.now() >= end) return null;
      chooseForms(new Map([[name, form]]));
      const found = await guarded(runtime, () => timed(timer, runtime, () => kernel(tensors, attrs)));
      wanted ??= found.value?.result ?? null;
      const time = verdict(form, found, wanted);
      measured.push(isTiled(forms) && found.value ? { ...time, work: found.value.work } : time);
    }
  } finally {
    tf.dispose(Object.values(tensors));
  }
  return measured;
}

interface Timing extends Duration {
  readonly work: number;
  readonly result: Float32Array;
}

function verdict(
  name: Form,
  { value, fault }: { value: Timing | null; fault: string | null },
  wanted: Float32Array | null,
): FormTime {
  if (!value) return { name, ms: null, fault: fault ?? '' };
  const { ms, within } = value;
  const error = wanted ? relativeError(value.result, wanted) : Number.NaN;
  if (!(error <= AGREE)) return { name, ms, within, fault: 'It does not agree with the other forms.' };
  return { name, ms, within };
}

/** Times a kernel after one run that compiles and is read. */
async function timed(timer: FormTimer, runtime: Runtime, record: () => Tensor[]): Promise<Timing> {
  await runtime.compile(
    runtime.collect(() => tf.dispose(record())),
    () => undefined,
  );
  const before = runtime.counts.work;
  const made = record();
  const work = runtime.counts.work - before;
  const result = await runtime.read(made[0]!, made[0]!.size * 4);
  tf.dispose(made);
  const runs = runtime.software ? RUNS.software : RUNS.hardware;
  return { ...(await timer.time(() => tf.dispose(record()), runs)), work, result };
}
