// Where the planes of a set go while it is read: to the cache on disk as long as that takes them, else to memory. Keeps
// per film where its plane lies; refuses early what memory could not hold.

import { freeFor } from '../../cache/disk.ts';
import type { FilmCache, Found, PackPlace } from '../../cache/filmCache.ts';
import type { FilmFacts } from '../../cache/packIndex.ts';
import type { Plane } from '../../data/resize.ts';
import type { ListedFile } from '../../data/sources.ts';
import type { StorageReport } from '../../protocol/cache.ts';
import type { PackedPlanes } from '../../protocol/dataset.ts';
import { AppError, type WireError } from '../../util/errors.ts';
import { formatBytes, formatCount } from '../../util/format.ts';

/** Films in memory after which the memory of the whole set is foretold. */
const FORETELL_AFTER = 32;
const GIB = 2 ** 30;

/** Stands for a plane that lies on disk. */
const ON_DISK = new Uint8Array(0);

export interface StoredFilm {
  readonly file: ListedFile;
  readonly width: number;
  readonly height: number;
  /** Null: in memory. */
  readonly place: PackPlace | null;
  /** Of a film in memory, whose plane is the engine's from now on. */
  readonly thumbnail?: Plane;
}

export class FilmStore {
  readonly films: StoredFilm[] = [];
  readonly cache: FilmCache | null;
  readonly #refused: boolean;
  readonly #folder: string;
  readonly #planeSize: number;
  readonly #planes: Uint8Array[] = [];
  #found = 0;
  #memory = 0;
  #memoryBytes = 0;
  /** Files still to decode. */
  #left = 0;
  #indexSeconds = 0;

  /**
   * @param folder comes before every path, so that equal paths of two folders are two films
   * @param refused there is no cache although one was wanted
   */
  constructor(cache: FilmCache | null, folder: string, planeSize: number, refused = false) {
    this.cache = cache;
    this.#refused = refused;
    this.#folder = folder;
    this.#planeSize = planeSize;
  }

  async lookUp(files: readonly ListedFile[]): Promise<(Found | null)[]> {
    if (!this.cache) return files.map(() => null);
    const since = performance.now();
    const found = await this.cache.lookUp(files.map((file) => this.#keyOf(file)));
    this.#indexSeconds = (performance.now() - since) / 1000;
    return found;
  }

  /** What will come of storage when this many files are decoded, in words; null when it has room. */
  async foretell(files: number): Promise<string | null> {
    this.#left = files;
    if (!this.cache || files === 0) return null;
    const { quota, usage } = await this.cache.grant();
    if (quota === null || usage === null) return null;
    const need = files * this.#planeSize ** 2;
    const free = freeFor({ quota, usage });
    if (need <= free) return null;
    const fit = Math.floor(free / this.#planeSize ** 2);
    return (
      `${formatCount(files)} films may need ${formatBytes(need)} of storage, and ${formatBytes(free)} are left of what the ` +
      `browser grants: about ${formatCount(fit)} of them are kept on disk, the rest in memory for this visit.`
    );
  }

  /** A film that lay in the cache. */
  found(file: ListedFile, { width, height }: FilmFacts, place: PackPlace): void {
    this.#found += 1;
    this.films.push({ file, width, height, place });
    this.#planes.push(ON_DISK);
  }

  /** A film just decoded. @throws AppError set-too-large */
  async keep(file: ListedFile, film: FilmFacts, plane: Uint8Array, thumbnail: Plane): Promise<void> {
    const { width, height } = film;
    const place = (await this.cache?.add(this.#keyOf(file), film, plane)) ?? null;
    if (!place) return this.keepInMemory(file, { width, height, bytes: plane }, thumbnail);
    this.#left -= 1;
    this.films.push({ file, width, height, place });
    this.#planes.push(ON_DISK);
  }

  /** @throws AppError set-too-large */
  keepInMemory(file: ListedFile, { width, height, bytes: plane }: Plane, thumbnail: Plane): void {
    this.#left -= 1;
    this.films.push({ file, width, height, place: null, thumbnail });
    this.#planes.push(plane);
    this.#memory += 1;
    this.#memoryBytes += plane.length;
    if (this.#memory === FORETELL_AFTER) {
      requireMemory((this.#memoryBytes / this.#memory) * (this.#memory + this.#left), this.#planeSize);
    }
  }

  async refuse(file: ListedFile, refusal: WireError): Promise<void> {
    this.#left -= 1;
    await this.cache?.refuse(this.#keyOf(file), refusal);
  }

  contents(): { planes: readonly Uint8Array[]; packs?: PackedPlanes } {
    const packs = new Map<string, number>();
    if (this.#memory === this.films.length) return { planes: this.#planes };
    const pack = Int32Array.from(this.films, ({ place }) => {
      if (!place) return -1;
      const index = packs.get(place.pack) ?? packs.size;
      packs.set(place.pack, index);
      return index;
    });
    const offsets = Float64Array.from(this.films, ({ place }) => place?.offset ?? 0);
    const checksums = Uint32Array.from(this.films, ({ place }) => place?.checksum ?? 0);
    return { planes: this.#planes, packs: { packs: [...packs.keys()], pack, offsets, checksums } };
  }

  report(): StorageReport {
    const cached = this.films.length - this.#memory;
    return {
      found: this.#found,
      cached,
      memory: this.#memory,
      notice: this.#notice(),
      indexSeconds: this.#indexSeconds,
    };
  }

  #notice(): string | null {
    if (this.#memory === 0) return null;
    const films = `${formatCount(this.#memory)} film(s) are held in memory for this visit`;
    if (!this.cache) return this.#refused ? `The browser gives this page no storage, so ${films}.` : null;
    return this.cache.mode === 'read-only'
      ? `Another tab is writing the cache, so ${films}.`
      : `The storage that the browser grants is used up, so ${films}. Erase the cache or free disk space to keep them.`;
  }

  #keyOf({ path, size, modified }: ListedFile) {
    return { path: `${this.#folder}/${path}`, size, modified };
  }
}

/** Chrome reports memory coarsely and never more than it must, so a large answer means "enough". */
function requireMemory(bytes: number, planeSize: number): void {
  const system = globalThis.navigator as { readonly deviceMemory?: number } | undefined;
  const deviceMemory = system?.deviceMemory ?? 8;
  const allowed = (deviceMemory < 8 ? 0.6 * deviceMemory : 16) * GIB;
  if (bytes <= allowed) return;
  const need = `about ${(bytes / GIB).toFixed(1)} GiB at the stored size of ${planeSize} px`;
  throw new AppError('set-too-large', `${need}, and ${(allowed / GIB).toFixed(1)} GiB can be used.`);
}
