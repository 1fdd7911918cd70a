// Keeps what was measured of the kernels' forms in this browser, one record for what is known of adapter, driver and
// browser (adapterKey), so that the choice made from it is the same on every visit. Where the browser refuses storage, or in Node, nothing is kept and nothing fails.

import { type IDBPDatabase, openDB } from 'idb';
import type { FormTimes } from '../../checks/selftest/measureForms.ts';

const DATABASE = 'mlvicx-kernels';
const STORE = 'forms';
/** Counts changes of the programs or of the measurement; older records are not read. */
const MEASUREMENT = 2;

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
