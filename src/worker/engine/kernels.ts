// The kernels as the page knows them: which are switched off, which form each takes, and what a measurement said. The
// choice outlives a device that is lost and opened again, so a run that goes on afterwards computes the same. What was
// measured is kept in this browser, one record for what is known of adapter, driver and browser (adapterKey), so that the
// choice is the same on every visit; where the browser refuses storage, or in Node, nothing is kept and nothing fails.

import { type IDBPDatabase, openDB } from 'idb';
import { type FormTimes, fastest, measureForms, speedOf } from '../../checks/selftest/measureForms.ts';
import { chooseForms, type Form, formFor, formsHere } from '../../gpu/forms.ts';
import { kernelsOff, STOCK, switchOff } from '../../gpu/kernels/stock.ts';
import { KERNEL_TABLE } from '../../gpu/kernels/table.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import {
  KERNEL_NAMES,
  type KernelFacts,
  type KernelName,
  type KernelOptions,
} from '../../protocol/device.ts';
import { AppError } from '../../util/errors.ts';

/** Of the last measurement on this adapter, or the one that was kept. */
let times: FormTimes = {};

/** Lets a device go by what was measured on it before: a new one in place of a lost one is the same. */
export function reckonWithSpeed(runtime: Runtime): void {
  const speed = speedOf(times);
  if (speed !== null) runtime.reckonWith(speed);
}

const specOf = (name: KernelName) => KERNEL_TABLE[name].spec;

/** @throws AppError config-invalid for a form that the kernel does not have here */
function formsGiven(
  runtime: Runtime,
  given: Readonly<Partial<Record<KernelName, string>>>,
): Map<string, Form> {
  const choices = new Map<string, Form>();
  for (const [name, form] of Object.entries(given) as [KernelName, string][]) {
    const { name: registered, forms } = specOf(name);
    const here: readonly string[] = forms ? formsHere(forms, runtime) : [];
    if (!here.includes(form)) {
      const known = here.length > 0 ? `it has ${here.join(', ')} on this adapter` : 'it has one form';
      throw new AppError('config-invalid', `kernel ${name} has no form ${form}; ${known}.`);
    }
    choices.set(registered, form as Form);
  }
  return choices;
}

/** Measures, or takes what was measured on this adapter before; `again` measures in any case. */
async function timesHere(runtime: Runtime, adapter: string, again: boolean): Promise<FormTimes> {
  const kept = again ? null : await readTimes(adapter);
  if (kept) return kept;
  chooseForms(new Map());
  const measured = await measureForms(runtime);
  await writeTimes(adapter, measured);
  return measured;
}

/** Takes over a choice. Nothing may be prepared meanwhile. @throws AppError config-invalid */
export async function applyKernels(
  runtime: Runtime,
  adapter: string,
  { without, forms }: KernelOptions,
  again = false,
): Promise<void> {
  switchOff([]);
  if (forms === 'fixed') chooseForms(new Map());
  else if (forms === 'measured') {
    times = await timesHere(runtime, adapter, again);
    chooseForms(formsGiven(runtime, fastest(times)));
    reckonWithSpeed(runtime);
  } else chooseForms(formsGiven(runtime, forms));
  switchOff(without);
}

export function kernelFacts(runtime: Runtime): KernelFacts[] {
  return KERNEL_NAMES.map((name) => {
    const { name: registered, forms } = specOf(name);
    return {
      name,
      on: !kernelsOff().includes(name),
      instead: STOCK[name].instead,
      form: forms ? formFor(registered, forms, runtime) : null,
      forms: (forms ? formsHere(forms, runtime) : []).map((form) => ({
        name: form,
        ms: null,
        ...times[name]?.find((measured) => measured.name === form),
      })),
    };
  });
}

/** The choice in words, for the record of a run: with it and the adapter a run can be repeated to the last bit. */
export function kernelsInWords(kernels: readonly KernelFacts[]): Readonly<Record<string, string>> {
  const off = kernels.filter(({ on }) => !on).map(({ name }) => name);
  const forms = kernels
    .filter(({ on, form }) => on && form !== null)
    .map(({ name, form }) => `${name} ${form}`);
  return { 'kernels off': off.join(', ') || 'none', 'forms of kernels': forms.join(', ') };
}

const DATABASE = 'mlvicx-kernels';
const STORE = 'forms';
/** Counts changes of the programs or of the measurement; older records are not read. */
const MEASUREMENT = 3;

function open(): Promise<IDBPDatabase> | null {
  if (typeof indexedDB === 'undefined') return null;
  return openDB(DATABASE, MEASUREMENT, {
    upgrade(database) {
      for (const name of database.objectStoreNames) database.deleteObjectStore(name);
      database.createObjectStore(STORE);
    },
  });
}

async function using<T>(work: (database: IDBPDatabase) => Promise<T>): Promise<T | null> {
  const opening = open();
  if (!opening) return null;
  try {
    const database = await opening;
    try {
      return await work(database);
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

export const readTimes = (adapter: string): Promise<FormTimes | null> =>
  using(async (database) => ((await database.get(STORE, adapter)) as FormTimes | undefined) ?? null);

export async function writeTimes(adapter: string, times: FormTimes): Promise<void> {
  await using((database) => database.put(STORE, times, adapter));
}
