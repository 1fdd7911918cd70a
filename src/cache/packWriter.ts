// Appends planes to packs: a few large files instead of one per film. A pack that has grown to its size is sealed and the
// next one begun. Entries reach the index only after their bytes were flushed, every few megabytes and at the end, so a
// crash costs at most what came since.

import type { CacheDisk, PackFile } from './disk.ts';
import type { CacheEntry, FilmEntry, PackIndex } from './packIndex.ts';
import { checksum } from './packIndex.ts';

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
