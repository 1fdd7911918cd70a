// The storage on the origin private file system. In a worker files are written through synchronous access handles, which
// are the fast way and write in place; in a page through writable streams. A handle is closed after every write, so that
// a reader in another thread always finds the file.

import { RUNS_FOLDER } from '../protocol/vault.ts';
import { type Folder, isRunId, type RunStorage } from './folder.ts';

interface SyncHandle {
  write(data: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type FileHandle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncHandle> };

const isMissing = (thrown: unknown) => thrown instanceof DOMException && thrown.name === 'NotFoundError';

/** One turn of the thread, without a timer: those are slowed down in hidden tabs. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

class OpfsFolder implements Folder {
  readonly #directory: FileSystemDirectoryHandle;

  constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory;
  }

  async read(name: string) {
    try {
      const file = await (await this.#directory.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    } catch (thrown) {
      if (isMissing(thrown)) return null;
      throw thrown;
    }
  }

  async write(name: string, blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, at = 0) {
    const file = (await this.#directory.getFileHandle(name, { create: true })) as FileHandle;
    if (file.createSyncAccessHandle) await writeInPlace(await file.createSyncAccessHandle(), blocks, at);
    else await writeStream(file, blocks, at);
  }

  async remove(name: string) {
    try {
      await this.#directory.removeEntry(name);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
  }

  async sizes() {
    const sizes = new Map<string, number>();
    for await (const entry of this.#directory.values()) {
      if (entry.kind !== 'file') continue;
      try {
        sizes.set(entry.name, (await (entry as FileSystemFileHandle).getFile()).size);
      } catch (thrown) {
        // Another thread may have removed it since it was listed.
        if (!isMissing(thrown)) throw thrown;
      }
    }
    return sizes;
  }
}

async function writeInPlace(
  handle: SyncHandle,
  blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  at: number,
): Promise<void> {
  try {
    let end = at;
    for await (const block of blocks) {
      const written = handle.write(block, { at: end });
      if (written !== block.length)
        throw new DOMException('The disk took only a part.', 'QuotaExceededError');
      end += written;
      await otherWork();
    }
    handle.truncate(end);
    handle.flush();
  } finally {
    handle.close();
  }
}

async function writeStream(
  file: FileSystemFileHandle,
  blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  at: number,
): Promise<void> {
  const stream = await file.createWritable({ keepExistingData: true });
  try {
    let end = at;
    for await (const block of blocks) {
      await stream.write({ type: 'write', position: end, data: block as Uint8Array<ArrayBuffer> });
      end += block.length;
    }
    await stream.truncate(end);
    await stream.close();
  } catch (thrown) {
    await stream.abort().catch(() => undefined);
    throw thrown;
  }
}

class OpfsStorage implements RunStorage {
  readonly lasting = true;
  readonly #directory: FileSystemDirectoryHandle;

  constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory;
  }

  async ids() {
    const ids: string[] = [];
    for await (const entry of this.#directory.values()) {
      if (entry.kind === 'directory' && isRunId(entry.name)) ids.push(entry.name);
    }
    return ids.sort();
  }

  async open(id: string) {
    if (!isRunId(id)) throw new TypeError('not the id of a run');
    return new OpfsFolder(await this.#directory.getDirectoryHandle(id, { create: true }));
  }

  async remove(id: string) {
    if (!isRunId(id)) throw new TypeError('not the id of a run');
    try {
      await this.#directory.removeEntry(id, { recursive: true });
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
  }

  async free() {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
  }
}

/**
 * @param folder of the origin private file system, made where there is none
 * @throws whatever the browser gives as the reason why it refuses storage
 */
export async function openOpfsStorage(folder: string = RUNS_FOLDER): Promise<RunStorage> {
  const root = await navigator.storage.getDirectory();
  return new OpfsStorage(await root.getDirectoryHandle(folder, { create: true }));
}
