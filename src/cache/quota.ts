// How much may still be written. The browser grants an origin a share of the disk and says so only roughly, so the cache
// keeps away from the edge: checkpoints of runs share the same grant.

const MIB = 2 ** 20;

export interface StorageGrant {
  /** Bytes in all and in use; null where the browser does not say. */
  readonly quota: number | null;
  readonly usage: number | null;
  readonly persisted: boolean;
}

/** Bytes that are asked for at a time; afterwards the browser is asked again. */
const SLICE = 64 * MIB;

/** What is left to others, at most a tenth of the grant. */
const RESERVE = 512 * MIB;

/** Bytes that may be written before asking again; 0 when the rest is reserved. */
export function roomFor({ quota, usage }: StorageGrant): number {
  if (quota === null || usage === null) return SLICE;
  return Math.max(0, Math.min(SLICE, freeFor({ quota, usage })));
}

/** Bytes that the cache may still take. */
export function freeFor({ quota, usage }: { quota: number; usage: number }): number {
  return Math.max(0, quota - usage - Math.min(RESERVE, quota / 10));
}

/** @returns nulls where the browser does not say */
export async function storageGrant(): Promise<StorageGrant> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    const persisted = await navigator.storage.persisted();
    return { quota: quota ?? null, usage: usage ?? null, persisted };
  } catch {
    return { quota: null, usage: null, persisted: false };
  }
}
