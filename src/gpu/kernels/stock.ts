// What runs instead of each kernel, one row a kernel: the table does not compile until every kernel has its row. A
// kernel that is switched off is replaced for all callers; training, scoring and the self-test alike then run stock
// operations in its place. Each composition is held to the kernel's plain loops by checks/selftest/stock.gpu.test.ts.

import { replaceKernels, type Stock } from '../forms.ts';
import type { Kernel } from '../kernel.ts';
import * as barlow from './barlow/stock.ts';
import * as bottleneck from './bottleneck/stock.ts';
import * as contrastive from './contrastive/stock.ts';
import * as conv from './conv/stock.ts';
import * as crossEntropy from './crossEntropy/stock.ts';
import * as dense from './dense/stock.ts';
import * as half from './half/stock.ts';
import * as loss from './loss/stock.ts';
import * as masks from './masks/stock.ts';
import * as norm from './norm/stock.ts';
import * as optimiser from './optimiser/stock.ts';
import * as places from './places/stock.ts';
import * as pool from './pool/stock.ts';
import { KERNEL_TABLE, type KernelName } from './table.ts';
import * as views from './views/stock.ts';

type StockOf<K> = K extends Kernel<infer In, infer Attrs> ? Stock<In, Attrs> : never;
type StockTable = { readonly [N in KernelName]: StockOf<(typeof KERNEL_TABLE)[N]> };

export const STOCK: StockTable = {
  ...barlow,
  ...bottleneck,
  ...contrastive,
  ...conv,
  ...dense,
  ...half,
  ...loss,
  ...norm,
  ...optimiser,
  ...places,
  ...crossEntropy,
  ...masks,
  ...pool,
  ...views,
};

export const KERNEL_NAMES = Object.keys(KERNEL_TABLE) as KernelName[];

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
