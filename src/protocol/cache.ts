// What the page is told of the cache of decoded films: a folder of packs in the origin private file system with an index
// in IndexedDB. It holds what patients' films look like, so the page shows its size and can erase it.

/** on: read and written. read-only: another tab writes. full: no room for more. off: the browser refuses storage. */
const CACHE_MODES = ['on', 'read-only', 'full', 'off'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

export interface CacheState {
  readonly mode: CacheMode;
  /** Films whose planes lie in the cache, over all folders and stored sizes. */
  readonly films: number;
  /** Bytes of the packs on disk. */
  readonly bytes: number;
  /** What the browser grants this origin in all, and what is used of it; null where it does not say. */
  readonly quota: number | null;
  readonly usage: number | null;
  /** Whether the browser has promised not to clear it on its own. */
  readonly persisted: boolean;
}

/** Where the planes of a set that was read have come to lie. */
export interface StorageReport {
  /** Films that were there from an earlier visit. */
  readonly found: number;
  /** Films in the cache, those included. */
  readonly cached: number;
  /** Films in memory, because the cache could not take them. */
  readonly memory: number;
  /** Why, and what follows from it; null when nothing needs to be said. */
  readonly notice: string | null;
  /** Time to read the index and to look up every file in it. */
  readonly indexSeconds: number;
}
