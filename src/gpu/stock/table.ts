// What runs instead of each kernel, one row a kernel: the table does not compile until every kernel has its row. A
// kernel that is switched off is replaced for all callers; training, scoring and the self-test alike then run stock
// operations in its place. Each composition is held to the kernel's plain loops by checks/selftest/stock.gpu.test.ts.

import type { Kernel } from '../kernel.ts';
import { KERNEL_TABLE, type KernelName } from '../kernels/table.ts';
import { replaceKernels, type Stock } from '../switches.ts';
import * as attention from './attention.ts';
import * as convolution from './convolution.ts';
import * as layers from './layers.ts';
import * as method from './method.ts';
import * as views from './views.ts';

type StockOf<K> = K extends Kernel<infer In, infer Attrs> ? Stock<In, Attrs> : never;
type StockTable = { readonly [N in KernelName]: StockOf<(typeof KERNEL_TABLE)[N]> };

export const STOCK: StockTable = { ...convolution, ...layers, ...attention, ...method, ...views };

export const KERNEL_NAMES = Object.keys(KERNEL_TABLE) as KernelName[];

export const isKernelName = (name: string): name is KernelName => Object.hasOwn(KERNEL_TABLE, name);

let off: readonly KernelName[] = [];

/** The kernels that are switched off, in the order of the table. */
export const kernelsOff = (): readonly KernelName[] => off;

/** Switches exactly these kernels off, and all others on. */
export function switchOff(names: readonly KernelName[]): void {
  off = KERNEL_NAMES.filter((name) => names.includes(name));
  replaceKernels(
    new Map(
      off.map((name) => [KERNEL_TABLE[name].spec.name, STOCK[name] as unknown as Stock<string, object>]),
    ),
  );
}
