// The cache of decoded films: what a folder's files looked like at training size, found again by path, size and time of
// change under the same decode options. One tab writes; others read. Nothing in it is needed: whatever is missing, torn or
// out of date counts as not there, and is decoded again.

import type { CacheState } from '../protocol/cache.ts';
import type { WireError } from '../util/errors.ts';
import { type CacheDisk, roomFor, type StorageGrant } from './disk.ts';
import type { CacheEntry, FilmEntry, FilmFacts, PackIndex, PackRecord } from './packIndex.ts';
import { PACK_LIMITS, type PackLimits, PackReader, PackWriter } from './packs.ts';

/** A file as the folder lists it. */
export interface FileKey {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

/** Where a plane lies. */
export interface PackPlace {
  readonly pack: string;
  readonly offset: number;
  readonly checksum: number;
}

export type Found = { readonly film: FilmFacts; readonly place: PackPlace } | { readonly refusal: WireError };

export interface CacheParts {
  readonly disk: CacheDisk;
  readonly index: PackIndex;
  /** What the browser grants; asked again every now and then. */
  readonly grant: () => Promise<StorageGrant>;
  /** Whether this thread holds the writer's lock. */
  readonly writer: boolean;
  readonly limits?: PackLimits;
  /** Gives the writer's lock back. */
  readonly release?: () => void;
}

export class FilmCache {
  readonly #parts: CacheParts;
  readonly #options: string;
  readonly #writer: PackWriter | null;
  readonly #reader: PackReader;
  readonly #found: { films: number; bytes: number };
  /** Bytes that may still be written before the browser is asked again. */
  #room = 0;
  #full = false;

  private constructor(parts: CacheParts, options: string, found: { films: number; bytes: number }) {
    this.#parts = parts;
    this.#options = options;
    this.#found = found;
    this.#reader = new PackReader(parts.disk);
    const { disk, index, writer, limits = PACK_LIMITS } = parts;
    this.#writer = writer ? new PackWriter(disk, index, options, limits) : null;
  }

  /** Opens the cache for one reading of a folder; the writer clears away what nothing refers to. */
  static async open(parts: CacheParts, options: string): Promise<FilmCache> {
    if (parts.writer) await sweep(parts);
    const packs = await parts.index.packs();
    const found = {
      films: packs.reduce((sum, { films }) => sum + films, 0),
      bytes: packs.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    return new FilmCache(parts, options, found);
  }

  get mode(): CacheState['mode'] {
    if (!this.#writer) return 'read-only';
    return this.#full ? 'full' : 'on';
  }

  grant(): Promise<StorageGrant> {
    return this.#parts.grant();
  }

  get films(): number {
    return this.#found.films;
  }

  get bytes(): number {
    return this.#found.bytes;
  }

  /** What is known of each file, in their order; null where it must be read. */
  async lookUp(files: readonly FileKey[]): Promise<(Found | null)[]> {
    const places = new Map(files.map(({ path }, at) => [path, at]));
    const found: (Found | null)[] = new Array(files.length).fill(null);
    const sizes = await this.#parts.disk.sizes();
    for (const record of await this.#parts.index.packs()) {
      if (record.options !== this.#options) continue;
      const entries = await this.#parts.index.entries(record.name);
      const usable = await this.#usable(record, entries, sizes.get(record.name) ?? -1);
      const kept = usable.filter((entry) => {
        const at = places.get(entry.path);
        if (at === undefined) return true;
        const file = files[at]!;
        if (entry.size !== file.size || entry.modified !== file.modified) return false;
        found[at] = asFound(entry, record.name);
        return true;
      });
      if (kept.length < entries.length) await this.#shrinkTo(record, kept);
    }
    return found;
  }

  /** Keeps a decoded film. Null when it cannot be kept: no room, or another tab writes. */
  async add(file: FileKey, film: FilmFacts, plane: Uint8Array): Promise<PackPlace | null> {
    if (!this.#writer || this.#full) return null;
    const { path, size, modified } = file;
    try {
      if (this.#room < plane.length) this.#room = roomFor(await this.#parts.grant());
      if (this.#room < plane.length) return this.#stop();
      this.#room -= plane.length;
      const place = await this.#writer.add({ path, size, modified, film }, plane);
      this.#found.films += 1;
      this.#found.bytes += plane.length;
      return place;
    } catch {
      return this.#stop();
    }
  }

  async refuse(file: FileKey, refusal: WireError): Promise<void> {
    if (!this.#writer || this.#full) return;
    const { path, size, modified } = file;
    await this.#writer.refuse({ path, size, modified, refusal }).catch(() => this.#stop());
  }

  /** A plane, or null when it is gone. */
  async read(place: PackPlace, length: number): Promise<Uint8Array | null> {
    const fresh = this.#writer?.readBack(place.pack, place.offset, length);
    if (fresh) return fresh;
    const { bytes, damaged } = await this.#reader.read([{ ...place, length }]);
    return damaged.length > 0 ? null : bytes.subarray(0, length);
  }

  /** What was added so far stays; nothing more is taken. */
  async seal(): Promise<void> {
    try {
      await this.#writer?.close();
    } catch {
      this.#stop();
    } finally {
      this.#parts.release?.();
    }
  }

  close(): void {
    this.#reader.close();
    this.#parts.index.close();
  }

  #stop(): null {
    this.#full = true;
    return null;
  }

  /** Entries whose bytes are there: nothing of a missing or foreign file, the beginning of a short one. */
  async #usable(record: PackRecord, entries: readonly CacheEntry[], size: number): Promise<CacheEntry[]> {
    const there = entries.filter((entry) => !('film' in entry) || endOf(entry) <= size);
    const films = there.filter((entry): entry is FilmEntry => 'film' in entry);
    const ends = [films[0], films.at(-1)].filter((entry) => entry !== undefined);
    for (const entry of ends) {
      const place = { pack: record.name, offset: entry.offset, checksum: entry.checksum };
      if (!(await this.read(place, planeLength(entry)))) return there.filter((known) => !('film' in known));
    }
    return there;
  }

  /** Entries that are wrong or out of date leave the index; a pack that nothing refers to leaves the disk. */
  async #shrinkTo(record: PackRecord, entries: readonly CacheEntry[]): Promise<void> {
    if (!this.#writer) return;
    const films = entries.filter((entry) => 'film' in entry).length;
    this.#found.films -= record.films - films;
    if (entries.length > 0) {
      await this.#parts.index.put({ ...record, films }, entries);
      return;
    }
    this.#found.bytes -= record.bytes;
    await this.#parts.index.remove([record.name]);
    await this.#reader.release(record.name);
    await this.#parts.disk.remove(record.name);
  }
}

const planeLength = ({ film }: FilmEntry) => film.width * film.height;
const endOf = (entry: FilmEntry) => entry.offset + planeLength(entry);

const asFound = (entry: CacheEntry, pack: string): Found =>
  'film' in entry
    ? { film: entry.film, place: { pack, offset: entry.offset, checksum: entry.checksum } }
    : { refusal: entry.refusal };

/** Files without a record are torn or were being erased; records without a file were evicted. */
async function sweep({ disk, index }: CacheParts): Promise<void> {
  const [sizes, packs] = await Promise.all([disk.sizes(), index.packs()]);
  const known = new Set(packs.map(({ name }) => name));
  for (const name of sizes.keys()) if (!known.has(name)) await disk.remove(name);
  const gone = packs.filter(({ name, films }) => films > 0 && !sizes.has(name)).map(({ name }) => name);
  if (gone.length > 0) await index.remove(gone);
}

/** Removes everything. False while another tab still reads a part of it. */
export async function eraseCache({ disk, index }: Pick<CacheParts, 'disk' | 'index'>): Promise<boolean> {
  await index.remove((await index.packs()).map(({ name }) => name));
  let whole = true;
  for (const name of (await disk.sizes()).keys()) whole = (await disk.remove(name)) && whole;
  return whole;
}
