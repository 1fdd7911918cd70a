// What this browser keeps of films between visits, as the page sees it. Folders opened before, as handles in IndexedDB: the
// browser lets a page have such a folder again after one click. And the cache of decoded films: its size, what the browser grants,
// and erasing it. Names stay in this browser; files themselves are never kept here.

import { type IDBPDatabase, openDB } from 'idb';
import { create } from 'zustand';
import type { CacheState } from '../../protocol/cache.ts';
import { currentClient } from '../client.ts';

export interface RememberedFolder {
  readonly name: string;
  readonly handle: FileSystemDirectoryHandle;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly films: number;
}

/** Newest first. */
export const useFolders = create<{ readonly folders: readonly RememberedFolder[] }>()(() => ({
  folders: [],
}));

const MOST = 3;
const DATABASE = 'mlvicx-folders';
const STORE = 'folders';
const KEY = 'opened';

/** Permissions are not in the DOM types yet. */
type Asking = FileSystemDirectoryHandle & {
  queryPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>;
};

const open = (): Promise<IDBPDatabase> =>
  openDB(DATABASE, 1, {
    upgrade(db) {
      db.createObjectStore(STORE);
    },
  });

/** Runs `act` on the list; a browser that refuses storage just remembers nothing. */
async function withStore<T>(act: (db: IDBPDatabase) => Promise<T>): Promise<T | null> {
  try {
    const db = await open();
    try {
      return await act(db);
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}

export async function recallFolders(): Promise<void> {
  const folders = await withStore((db) => db.get(STORE, KEY));
  if (Array.isArray(folders)) useFolders.setState({ folders });
}

async function keep(folders: readonly RememberedFolder[]): Promise<void> {
  useFolders.setState({ folders });
  await withStore((db) => db.put(STORE, folders, KEY));
}

async function isSame(one: FileSystemDirectoryHandle, other: FileSystemDirectoryHandle): Promise<boolean> {
  return one.isSameEntry(other).catch(() => false);
}

async function without(handle: FileSystemDirectoryHandle): Promise<RememberedFolder[]> {
  const others: RememberedFolder[] = [];
  for (const folder of useFolders.getState().folders) {
    if (!(await isSame(folder.handle, handle))) others.push(folder);
  }
  return others;
}

export async function rememberFolder(handle: FileSystemDirectoryHandle, films: number): Promise<void> {
  const folder = { name: handle.name, handle, openedAt: Date.now(), films };
  await keep([folder, ...(await without(handle))].slice(0, MOST));
}

export async function forgetFolder(handle: FileSystemDirectoryHandle): Promise<void> {
  await keep(await without(handle));
}

/** Asks for leave to read the folder; must be called from a click. */
export async function mayRead(handle: FileSystemDirectoryHandle): Promise<boolean> {
  const asking = handle as Asking;
  if ((await asking.queryPermission?.({ mode: 'read' })) === 'granted') return true;
  return (await asking.requestPermission?.({ mode: 'read' })) === 'granted';
}

interface CacheView {
  /** Null until first asked. */
  readonly state: CacheState | null;
  readonly erasing: boolean;
}

export const useCache = create<CacheView>()(() => ({ state: null, erasing: false }));

export async function refreshCache(): Promise<void> {
  const state = await currentClient()
    .intake.cacheState()
    .catch(() => null);
  if (state) useCache.setState({ state });
}

/** Asks once per visit, when films of the person's own are read for the first time. Chrome decides without a question. */
let asked = false;
export function askToPersist(): void {
  if (asked) return;
  asked = true;
  void globalThis.navigator?.storage?.persist?.().catch(() => false);
}

/** @throws AppError not-ready while another tab writes */
export async function eraseFilms(): Promise<CacheState> {
  useCache.setState({ erasing: true });
  try {
    const state = await currentClient().intake.eraseCache();
    useCache.setState({ state });
    return state;
  } finally {
    useCache.setState({ erasing: false });
  }
}
