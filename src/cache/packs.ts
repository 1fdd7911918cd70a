// Reads planes out of packs by range. Whatever is missing, too short or does not bear its checksum is named, not returned:
// the browser may clear parts of its storage, and a file may be torn. Handles stay open until `close`.

import type { CacheDisk, PackFile } from './disk.ts';
import { checksum } from './packIndex.ts';
import { paddedLength } from './packWriter.ts';

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
