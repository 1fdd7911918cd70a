// The index of the cache in IndexedDB: one record per pack and one list of its entries, so that a hundred thousand films
// are a hundred reads. An entry is written after its bytes have reached the disk, never before, with a checksum that tells a
// torn or foreign piece of a file from what was written; it is no protection against anyone who wants to deceive. Tests put a
// map in its place.

import { deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { DecodedFilm } from '../data/decode.ts';
import type { WireError } from '../util/errors.ts';

/** What is kept of a film beside its pixels: everything that its decoder says. */
export type FilmFacts = Omit<DecodedFilm, 'plane' | 'thumbnail'>;

interface KnownFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A file that was read: a plane in the pack, or the lasting reason why there is none. */
export type CacheEntry = KnownFile &
  (
    | { readonly film: FilmFacts; readonly offset: number; readonly checksum: number }
    | { readonly refusal: WireError }
  );
export type FilmEntry = Extract<CacheEntry, { film: FilmFacts }>;

export interface PackRecord {
  readonly name: string;
  /** The decode options under which its planes were made. */
  readonly options: string;
  readonly films: number;
  /** Bytes that its entries vouch for. */
  readonly bytes: number;
}

export interface PackIndex {
  packs(): Promise<PackRecord[]>;
  entries(name: string): Promise<CacheEntry[]>;
  put(record: PackRecord, entries: readonly CacheEntry[]): Promise<void>;
  remove(names: readonly string[]): Promise<void>;
  close(): void;
}

const DATABASE = 'mlvicx-film-cache';
const VERSION = 1;

class IdbIndex implements PackIndex {
  readonly #db: IDBPDatabase;

  constructor(db: IDBPDatabase) {
    this.#db = db;
  }

  packs() {
    return this.#db.getAll('packs');
  }

  async entries(name: string) {
    return (await this.#db.get('entries', name)) ?? [];
  }

  async put(record: PackRecord, entries: readonly CacheEntry[]) {
    const change = this.#db.transaction(['packs', 'entries'], 'readwrite');
    await Promise.all([
      change.objectStore('packs').put(record, record.name),
      change.objectStore('entries').put(entries, record.name),
      change.done,
    ]);
  }

  async remove(names: readonly string[]) {
    const change = this.#db.transaction(['packs', 'entries'], 'readwrite');
    const gone = names.flatMap((name) => [
      change.objectStore('packs').delete(name),
      change.objectStore('entries').delete(name),
    ]);
    await Promise.all([...gone, change.done]);
  }

  close() {
    this.#db.close();
  }
}

/** @throws whatever the browser gives as the reason why it refuses storage */
export async function openIdbIndex(): Promise<PackIndex> {
  const open = () =>
    openDB(DATABASE, VERSION, {
      upgrade(db) {
        db.createObjectStore('packs');
        db.createObjectStore('entries');
      },
    });
  try {
    return new IdbIndex(await open());
  } catch {
    // A database that a later or broken version left behind: the cache can be made again.
    await deleteDB(DATABASE);
    return new IdbIndex(await open());
  }
}

const SEED = 0x811c9dc5;
const FACTOR = 0x9e3779b1;

export function checksum(bytes: Uint8Array): number {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
  let sum = SEED ^ whole.length;
  for (let i = 0; i < words.length; i++) {
    sum = Math.imul(sum ^ words[i]!, FACTOR);
    sum = (sum << 13) | (sum >>> 19);
  }
  for (let i = words.length * 4; i < whole.length; i++) sum = Math.imul(sum ^ whole[i]!, FACTOR);
  sum ^= sum >>> 15;
  return Math.imul(sum, FACTOR) >>> 0;
}
