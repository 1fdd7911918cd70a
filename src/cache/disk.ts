// The files of the cache: packs in one folder of the origin private file system, written and read in place by worker
// threads. One writer makes a pack and never opens it again; any number of threads may read it afterwards.
// Tests put a folder in memory in its place. How much may still be written: the browser grants an origin a share of the disk and
// says so only roughly, so the cache keeps away from the edge, as checkpoints of runs share the same grant.

/** One open pack. All calls are immediate. */
export interface PackFile {
  /** Fills `into` from byte `at`; returns how many bytes there were. */
  read(into: Uint8Array, at: number): number;
  /** @throws DOMException QuotaExceededError */
  write(bytes: Uint8Array, at: number): void;
  /** Returns once everything written has reached the disk. */
  flush(): void;
  close(): void;
}

export interface CacheDisk {
  /** Bytes by name. */
  sizes(): Promise<Map<string, number>>;
  /** A new pack, for one writer. */
  create(name: string): Promise<PackFile>;
  /** For reading, by any number of threads. @throws DOMException NotFoundError */
  open(name: string): Promise<PackFile>;
  /** False while another thread reads it. */
  remove(name: string): Promise<boolean>;
}

interface SyncHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(data: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type FileHandle = FileSystemFileHandle & {
  createSyncAccessHandle(options?: { mode: 'read-only' | 'readwrite' }): Promise<SyncHandle>;
};

const CACHE_FOLDER = 'film-cache';

/** Synchronous reading of a file, for browsers that let one handle at a time at it. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** A pack that is read as any other file. Nobody writes to it any more, so what is read stays true. */
function asReadPack(file: File): PackFile {
  const reader = new FileReaderSync();
  const refuse = (): never => {
    throw new DOMException('this pack is open for reading.', 'NoModificationAllowedError');
  };
  return {
    read(into, at) {
      const bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(at, at + into.length)));
      into.set(bytes);
      return bytes.length;
    },
    write: refuse,
    flush: refuse,
    close: () => undefined,
  };
}

const asPack = (handle: SyncHandle): PackFile => ({
  read: (into, at) => handle.read(into, { at }),
  write(bytes, at) {
    const written = handle.write(bytes, { at });
    if (written < bytes.length) throw new DOMException('the disk took only a part.', 'QuotaExceededError');
  },
  flush: () => handle.flush(),
  close: () => handle.close(),
});

class OpfsDisk implements CacheDisk {
  readonly #folder: FileSystemDirectoryHandle;

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  async sizes() {
    const sizes = new Map<string, number>();
    for await (const entry of this.#folder.values()) {
      if (entry.kind !== 'file') continue;
      const file = await (entry as FileSystemFileHandle).getFile().catch(() => null);
      if (file) sizes.set(entry.name, file.size);
    }
    return sizes;
  }

  async create(name: string) {
    const file = (await this.#folder.getFileHandle(name, { create: true })) as FileHandle;
    return asPack(await file.createSyncAccessHandle({ mode: 'readwrite' }));
  }

  async open(name: string) {
    const file = (await this.#folder.getFileHandle(name)) as FileHandle;
    try {
      return asPack(await file.createSyncAccessHandle({ mode: 'read-only' }));
    } catch (thrown) {
      // A browser that knows no modes: whoever comes first has the file for itself.
      if (!(thrown instanceof DOMException) || thrown.name !== 'NoModificationAllowedError') throw thrown;
      return asReadPack(await file.getFile());
    }
  }

  async remove(name: string) {
    try {
      await this.#folder.removeEntry(name);
      return true;
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return true;
      return false;
    }
  }
}

/** @throws whatever the browser gives as the reason why it refuses storage */
export async function openOpfsDisk(): Promise<CacheDisk> {
  const root = await navigator.storage.getDirectory();
  return new OpfsDisk(await root.getDirectoryHandle(CACHE_FOLDER, { create: true }));
}

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
