// The intake worker's way to the cache of this origin: opens it for a reading, with the writer's lock where no other tab
// has it; says how large it is; erases it. Where the browser refuses storage there is no cache, and films stay in memory.

import { openOpfsDisk, storageGrant } from '../../cache/disk.ts';
import { type CacheParts, eraseCache, FilmCache } from '../../cache/filmCache.ts';
import { openIdbIndex } from '../../cache/packIndex.ts';
import type { CacheState } from '../../protocol/cache.ts';
import { AppError } from '../../util/errors.ts';

export interface CacheAccess {
  /** Null where there is none. */
  open(options: string): Promise<FilmCache | null>;
  state(): Promise<CacheState>;
  /** @throws AppError not-ready while another tab writes */
  erase(): Promise<void>;
}

const NO_STATE: CacheState = { mode: 'off', films: 0, bytes: 0, quota: null, usage: null, persisted: false };

/** Nothing is kept: for tests, and for readings that want it so. */
export const NO_CACHE: CacheAccess = {
  open: async () => null,
  state: async () => NO_STATE,
  erase: async () => undefined,
};

const LOCK = 'mlvicx-film-cache-writer';
/** A pack cannot be removed until the thread that read it has ended. */
const ERASE_TRIES = 20;
const ERASE_PAUSE_MS = 100;

/** The writer's lock, or null when another tab has it; it is given back by the function returned. */
function takeLock(): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null) =>
      lock ? new Promise<void>((release) => resolve(release)) : resolve(null);
    navigator.locks.request(LOCK, { ifAvailable: true }, held).catch(reject);
  });
}

async function partsOf(): Promise<Omit<CacheParts, 'writer'> | null> {
  try {
    const [disk, index] = await Promise.all([openOpfsDisk(), openIdbIndex()]);
    return { disk, index, grant: storageGrant };
  } catch {
    return null;
  }
}

class OriginCache implements CacheAccess {
  async open(options: string): Promise<FilmCache | null> {
    const parts = await partsOf();
    if (!parts) return null;
    const release = await takeLock().catch(() => null);
    try {
      return await FilmCache.open(
        { ...parts, writer: release !== null, ...(release && { release }) },
        options,
      );
    } catch {
      release?.();
      parts.index.close();
      return null;
    }
  }

  async state(): Promise<CacheState> {
    const parts = await partsOf();
    if (!parts) return NO_STATE;
    try {
      const [sizes, packs, grant] = await Promise.all([
        parts.disk.sizes(),
        parts.index.packs(),
        parts.grant(),
      ]);
      const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      const films = packs.reduce((sum, pack) => sum + (sizes.has(pack.name) ? pack.films : 0), 0);
      return { mode: 'on', films, bytes, ...grant };
    } catch {
      return NO_STATE;
    } finally {
      parts.index.close();
    }
  }

  async erase(): Promise<void> {
    const parts = await partsOf();
    if (!parts) return;
    const release = await takeLock();
    try {
      if (!release) throw new AppError('not-ready', 'another tab is writing the cache.');
      for (let tries = 0; tries < ERASE_TRIES; tries++) {
        if (await eraseCache(parts)) return;
        await new Promise((resolve) => setTimeout(resolve, ERASE_PAUSE_MS));
      }
    } finally {
      release?.();
      parts.index.close();
    }
  }
}

export const ORIGIN_CACHE: CacheAccess = new OriginCache();
