// Each kernel beside the stock TensorFlow.js composition that runs where it is switched off (stock.ts of its folder), at shapes of
// the model. Both run on one device in one worker and take turns; every row also says how far the results lie apart.

import { tf } from '../../src/gpu/backend.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { KERNEL_NAMES, switchOff } from '../../src/gpu/kernels/stock.ts';
import type { KernelName } from '../../src/gpu/kernels/table.ts';
import type { Runtime } from '../../src/gpu/runtime.ts';
import { KERNEL_CALLS } from './kernelCases.ts';
import type { KernelCall } from './kernelInputs.ts';
import { median } from './median.ts';

type Tensor = tf.Tensor;

export interface KernelRow {
  readonly name: string;
  readonly shape: string;
  readonly oursMs: number;
  readonly stockMs: number;
  /** Largest difference over the largest value, the worst of the compared results. */
  readonly difference: number;
  /** Where it may be larger than for most. */
  readonly tolerance?: number;
}

/** Runs with all kernels on, or without one. */
function withSwitch<T>(off: readonly KernelName[], body: () => T): T {
  switchOff(off);
  try {
    return body();
  } finally {
    switchOff([]);
  }
}

const read = async (tensor: Tensor) => Float32Array.from(await (tensor.data() as Promise<Float32Array>));

/** What one call makes, and what it leaves in the inputs that it changes, which are then put back. */
async function results(runtime: Runtime, { run, mutated = [] }: KernelCall, off: readonly KernelName[]) {
  const before = mutated.map((tensor) => tf.keep(tf.add(tensor, 0)));
  const made = tf.tidy(() => withSwitch(off, run));
  const found = await Promise.all(made.map(read));
  for (const [i, tensor] of mutated.entries()) {
    const copy = tf.add(tensor, 0);
    found.push(await read(copy));
    runtime.copy(before[i]!, 0, tensor, 0, tensor.size * 4);
    copy.dispose();
  }
  tf.dispose([...made, ...before]);
  return found;
}

function apart(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
  return difference / (largest || 1);
}

async function timed(runtime: Runtime, { run }: KernelCall, off: readonly KernelName[]): Promise<number> {
  const begin = performance.now();
  tf.tidy(() => {
    withSwitch(off, run);
  });
  runtime.submit();
  await runtime.device.queue.onSubmittedWorkDone();
  return performance.now() - begin;
}

async function compare(
  runtime: Runtime,
  name: KernelName,
  call: KernelCall,
  repeats: number,
): Promise<KernelRow> {
  // The first run of each compiles and is compared.
  const [own, stock] = [await results(runtime, call, []), await results(runtime, call, [name])];
  const difference = Math.max(...own.map((each, i) => apart(each, stock[i]!)));
  const [oursMs, stockMs]: [number[], number[]] = [[], []];
  for (let i = 0; i < repeats; i++) {
    oursMs.push(await timed(runtime, call, []));
    stockMs.push(await timed(runtime, call, [name]));
  }
  const { shape, tolerance } = call;
  const row = { name, shape, oursMs: median(oursMs), stockMs: median(stockMs), difference };
  return tolerance === undefined ? row : { ...row, tolerance };
}

/** Every kernel in turn. */
export async function compareKernels(repeats: number): Promise<{ adapter: string; rows: KernelRow[] }> {
  let fault: string | null = null;
  const { runtime, info } = await openDevice(({ message }) => {
    fault = message;
  });
  const rows: KernelRow[] = [];
  for (const name of KERNEL_NAMES) {
    for (const call of KERNEL_CALLS[name]()) rows.push(await compare(runtime, name, call, repeats));
    if (fault !== null) throw new Error(`${name}: ${fault}`);
  }
  return { adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(' '), rows };
}
