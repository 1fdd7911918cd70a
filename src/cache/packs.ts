// Planes in packs: a few large files instead of one per film. Written by appending: a pack that has grown to its size is sealed and
// the next one begun; entries reach the index only after their bytes were flushed, every few megabytes and at the end, so a crash
// costs at most what came since. Read by range: whatever is missing, too short or does not bear its checksum is named, not
// returned, because the browser may clear parts of its storage and a file may be torn.

import type { CacheDisk, PackFile } from './disk.ts';
import { type CacheEntry, checksum, type FilmEntry, type PackIndex } from './packIndex.ts';

/** One plane to read. */
export interface Range {
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

export interface ReadRanges {
  /** The planes one after another, each beginning at a whole word. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each begins. */
  readonly starts: Uint32Array;
  /** Indices of those that could not be read. */
  readonly damaged: readonly number[];
}

export class PackReader {
  readonly #disk: CacheDisk;
  readonly #files = new Map<string, Promise<PackFile | null>>();

  constructor(disk: CacheDisk) {
    this.#disk = disk;
  }

  async read(ranges: readonly Range[]): Promise<ReadRanges> {
    const starts = new Uint32Array(ranges.length);
    let end = 0;
    ranges.forEach(({ length }, i) => {
      starts[i] = end;
      end += paddedLength(length);
    });
    const bytes = new Uint8Array(end);
    const damaged: number[] = [];
    for (const [i, range] of ranges.entries()) {
      const plane = bytes.subarray(starts[i]!, starts[i]! + range.length);
      if (!(await this.#fill(plane, range))) damaged.push(i);
    }
    return { bytes, starts, damaged };
  }

  /** Lets go of one pack, so that it can be removed. */
  async release(name: string): Promise<void> {
    const file = this.#files.get(name);
    this.#files.delete(name);
    (await file)?.close();
  }

  close(): void {
    for (const file of this.#files.values()) void file.then((open) => open?.close());
    this.#files.clear();
  }

  async #fill(into: Uint8Array, range: Range): Promise<boolean> {
    const file = await this.#file(range.pack);
    if (!file) return false;
    try {
      return file.read(into, range.offset) === range.length && checksum(into) === range.checksum;
    } catch {
      // The file went away under an open handle.
      this.#files.delete(range.pack);
      return false;
    }
  }

  #file(name: string): Promise<PackFile | null> {
    let file = this.#files.get(name);
    if (!file) {
      file = this.#disk.open(name).catch(() => null);
      this.#files.set(name, file);
    }
    return file;
  }
}

const MIB = 2 ** 20;

export interface PackLimits {
  /** A pack of this size is full. */
  readonly packBytes: number;
  /** Bytes after which entries are committed. */
  readonly commitBytes: number;
}
export const PACK_LIMITS: PackLimits = { packBytes: 128 * MIB, commitBytes: 24 * MIB };

/** Planes begin at whole words, so that they can be summed as such. */
export const paddedLength = (bytes: number): number => Math.ceil(bytes / 4) * 4;

interface OpenPack {
  readonly name: string;
  readonly file: PackFile;
  readonly entries: CacheEntry[];
  films: number;
  end: number;
  committed: number;
}

export class PackWriter {
  readonly #disk: CacheDisk;
  readonly #index: PackIndex;
  readonly #options: string;
  readonly #limits: PackLimits;
  #open: OpenPack | null = null;

  constructor(disk: CacheDisk, index: PackIndex, options: string, limits: PackLimits = PACK_LIMITS) {
    this.#disk = disk;
    this.#index = index;
    this.#options = options;
    this.#limits = limits;
  }

  /** Writes a plane. @throws DOMException QuotaExceededError; what was written before stays good */
  async add(
    entry: Omit<FilmEntry, 'offset' | 'checksum'>,
    plane: Uint8Array,
  ): Promise<{ pack: string; offset: number; checksum: number }> {
    const pack = await this.#pack();
    const offset = pack.end;
    pack.file.write(plane, offset);
    const sum = checksum(plane);
    pack.end += paddedLength(plane.length);
    pack.films += 1;
    pack.entries.push({ ...entry, offset, checksum: sum });
    if (pack.end - pack.committed >= this.#limits.commitBytes) await this.commit();
    if (pack.end >= this.#limits.packBytes) await this.close();
    return { pack: pack.name, offset, checksum: sum };
  }

  /** Remembers why a file is no film, so that it need not be read again. */
  async refuse(entry: CacheEntry): Promise<void> {
    (await this.#pack()).entries.push(entry);
  }

  /** Makes everything added so far last. */
  async commit(): Promise<void> {
    const pack = this.#open;
    if (!pack) return;
    pack.file.flush();
    pack.committed = pack.end;
    const { name, films, end: bytes } = pack;
    await this.#index.put({ name, options: this.#options, films, bytes }, pack.entries);
  }

  /** Commits and lets go of the pack, which anyone may read from now on. */
  async close(): Promise<void> {
    const pack = this.#open;
    if (!pack) return;
    try {
      await this.commit();
    } finally {
      pack.file.close();
      this.#open = null;
    }
  }

  /** Reads back a plane of the pack that is still being written; null when it is another one. */
  readBack(name: string, offset: number, length: number): Uint8Array | null {
    if (this.#open?.name !== name) return null;
    const plane = new Uint8Array(length);
    return this.#open.file.read(plane, offset) === length ? plane : null;
  }

  async #pack(): Promise<OpenPack> {
    if (!this.#open) {
      const name = `${crypto.randomUUID()}.pack`;
      const file = await this.#disk.create(name);
      this.#open = { name, file, entries: [], films: 0, end: 0, committed: 0 };
    }
    return this.#open;
  }
}
