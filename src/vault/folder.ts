// A folder of files as the vault sees it: flat names, whole reads, writes from a place on. Kept narrow, so that the same
// vault works on the origin private file system, in memory (tests, browsers that refuse storage) and with faults put in.

/** Every method may reject with whatever the storage beneath throws; a missing file is null, not an error. */
export interface Folder {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /**
   * Writes blocks one after another from byte `at` (0 unless given), cuts the file off behind the last and flushes.
   * Other work gets its turn between two blocks.
   */
  write(
    name: string,
    blocks: AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>,
    at?: number,
  ): Promise<void>;
  /** Removing what is not there is no error. */
  remove(name: string): Promise<void>;
  /** Bytes by name. */
  sizes(): Promise<Map<string, number>>;
}

/** Where the folders of all runs are. */
export interface RunStorage {
  /** False where everything is gone with the worker. */
  readonly lasting: boolean;
  ids(): Promise<string[]>;
  /** Makes the folder where there is none. */
  open(id: string): Promise<Folder>;
  remove(id: string): Promise<void>;
  /** Bytes that may still be written; null where the browser does not say. */
  free(): Promise<number | null>;
}

/** Ids become names of folders, so nothing else may pass for one. */
export const isRunId = (id: string): boolean => /^[0-9a-f-]{8,64}$/.test(id);

class MemoryFolder implements Folder {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  async read(name: string) {
    return this.#files.get(name)?.slice() ?? null;
  }

  async write(name: string, blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, at = 0) {
    const before = this.#files.get(name) ?? new Uint8Array();
    const parts = [before.subarray(0, at)];
    for await (const block of blocks) parts.push(block.slice());
    const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const part of parts) {
      whole.set(part, end);
      end += part.length;
    }
    this.#files.set(name, whole);
  }

  async remove(name: string) {
    this.#files.delete(name);
  }

  async sizes() {
    return new Map([...this.#files].map(([name, { length }]) => [name, length]));
  }
}

/** A storage that lives as long as this thread. */
export class MemoryStorage implements RunStorage {
  readonly lasting = false;
  readonly #folders = new Map<string, Folder>();

  async ids() {
    return [...this.#folders.keys()];
  }

  async open(id: string) {
    const folder = this.#folders.get(id) ?? new MemoryFolder();
    this.#folders.set(id, folder);
    return folder;
  }

  async remove(id: string) {
    this.#folders.delete(id);
  }

  async free() {
    return null;
  }
}
