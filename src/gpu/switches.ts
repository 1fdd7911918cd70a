// What runs instead of a kernel of ours that is switched off: a composition of stock TensorFlow.js operations, so that
// a driver that fails on one of our programs can be found by trying. The compositions are in stock/, the rule that every
// kernel has one is stock/table.ts; here is only what defineKernel asks at each call.

import type { PlainData, Tensor } from './backend.ts';

/** What a composition may do beside calling operations. */
export interface StockTools<In extends string> {
  /** Overwrites an input that the kernel mutates, from number `begin` on. */
  put(name: In, values: Tensor, begin?: number): void;
  /**
   * An input's values on the host, as keepOnHost was given them: what a composition cannot ask the GPU without waiting,
   * and whole numbers beyond 2^24, which stock operations round. @throws Error where nobody kept them
   */
  host(name: In): PlainData;
}

export interface Stock<In extends string, Attrs extends object> {
  /** What runs instead, in the names of TensorFlow.js. */
  readonly instead: string;
  /** Makes the kernel's outputs; whatever else it makes is freed by the caller. */
  run(inputs: Readonly<Record<In, Tensor>>, attrs: Attrs, tools: StockTools<In>): Tensor[];
}

const onHost = new WeakMap<object, PlainData>();

/** Remembers, without a copy, what a tensor was written from. */
export function keepOnHost(tensor: Tensor, values: PlainData): void {
  onHost.set(tensor.dataId, values);
}

/** @throws Error */
export function hostValues(tensor: Tensor): PlainData {
  const values = onHost.get(tensor.dataId);
  if (!values) throw new Error('the values of this tensor were not kept on the host');
  return values;
}

const replaced = new Map<string, Stock<string, object>>();

/** The composition that runs instead of a kernel, by its registered name. */
export const replacementOf = (name: string): Stock<string, object> | undefined => replaced.get(name);

/** Takes the place of all earlier replacements. */
export function replaceKernels(replacements: ReadonlyMap<string, Stock<string, object>>): void {
  replaced.clear();
  for (const [name, stock] of replacements) replaced.set(name, stock);
}
