// Test helper: the disk and the index of the cache in memory, with the ways in which storage fails: a limit on bytes, a
// pack that vanishes, is cut or has other bytes in it. Imported by tests only.

import type { CacheDisk, PackFile } from './disk.ts';
import type { CacheEntry, PackIndex, PackRecord } from './packIndex.ts';

export class MemoryDisk implements CacheDisk {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Bytes that fit in all. */
  limit = Number.POSITIVE_INFINITY;
  /** Names that another thread has open. */
  readonly busy = new Set<string>();

  async sizes() {
    return new Map([...this.files].map(([name, { length }]) => [name, length]));
  }

  async create(name: string) {
    this.files.set(name, new Uint8Array(0));
    return this.#file(name);
  }

  async open(name: string) {
    if (!this.files.has(name)) throw new DOMException('gone', 'NotFoundError');
    return this.#file(name);
  }

  async remove(name: string) {
    if (this.busy.has(name)) return false;
    this.files.delete(name);
    return true;
  }

  #file(name: string): PackFile {
    return {
      read: (into, at) => {
        const there = this.files.get(name)!.subarray(at, at + into.length);
        into.set(there);
        return there.length;
      },
      write: (bytes, at) => {
        const before = this.files.get(name)!;
        const used = [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
        if (used + bytes.length > this.limit) throw new DOMException('full', 'QuotaExceededError');
        const after = new Uint8Array(Math.max(before.length, at + bytes.length));
        after.set(before);
        after.set(bytes, at);
        this.files.set(name, after);
      },
      flush: () => undefined,
      close: () => undefined,
    };
  }
}

export class MemoryIndex implements PackIndex {
  readonly records = new Map<string, { record: PackRecord; entries: readonly CacheEntry[] }>();

  async packs() {
    return [...this.records.values()].map(({ record }) => record);
  }

  async entries(name: string) {
    return structuredClone([...(this.records.get(name)?.entries ?? [])]);
  }

  async put(record: PackRecord, entries: readonly CacheEntry[]) {
    this.records.set(record.name, structuredClone({ record, entries }));
  }

  async remove(names: readonly string[]) {
    for (const name of names) this.records.delete(name);
  }

  close() {}
}
