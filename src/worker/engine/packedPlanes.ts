// The planes of a set of which some or all lie in the cache: ranges of packs, read by a worker of its own and checked
// against their checksums. A plane that is missing or damaged is asked for from whoever can decode it again.

import type { Range, ReadRanges } from '../../cache/packs.ts';
import type { EngineDataset, PackedPlanes as Packs } from '../../protocol/dataset.ts';
import type { PlaneSource } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import type { PlanesApi } from '../decode/planes.worker.ts';
import { type Remote, wrap } from '../rpc.ts';

/** What reads ranges; tests put their own here. */
export interface RangeReader {
  read(ranges: readonly Range[]): Promise<ReadRanges>;
  close(): void;
}

/** A worker that starts with the first reading, and again after it was closed. */
export function workerReader(): RangeReader {
  let worker: Worker | null = null;
  let remote: Remote<PlanesApi> | null = null;
  return {
    async read(ranges) {
      if (!worker || !remote) {
        worker = new Worker(new URL('../decode/planes.worker.ts', import.meta.url), {
          type: 'module',
          name: 'planes',
        });
        remote = wrap<PlanesApi>(worker);
      }
      const failed = new Promise<never>((_, reject) => {
        worker?.addEventListener(
          'error',
          () => reject(new AppError('worker-failed', 'the reader of films.')),
          {
            once: true,
          },
        );
      });
      return Promise.race([remote.read([...ranges]), failed]);
    },
    close() {
      worker?.terminate();
      worker = null;
      remote = null;
    },
  };
}

export class PackedPlanes implements PlaneSource {
  readonly #dataset: EngineDataset;
  readonly #packs: Packs;
  readonly #reader: RangeReader;
  readonly #repair: (film: number) => Promise<Uint8Array | null>;
  /** Planes that had to be decoded again; the disk is not asked for them any more. */
  readonly #repaired = new Map<number, Uint8Array>();

  /** @param repair the plane of a film that is lost on disk; null when it cannot be had */
  constructor(
    dataset: EngineDataset & { readonly packs: Packs },
    reader: RangeReader,
    repair: (film: number) => Promise<Uint8Array | null>,
  ) {
    this.#dataset = dataset;
    this.#packs = dataset.packs;
    this.#reader = reader;
    this.#repair = repair;
  }

  async read(films: Uint32Array): Promise<readonly Uint8Array[]> {
    const planes: (Uint8Array | null)[] = Array.from(films, (film) => this.#inMemory(film));
    const wanted = [...films.keys()].filter((i) => planes[i] === null);
    if (wanted.length > 0) {
      const ranges = wanted.map((i) => this.#rangeOf(films[i]!));
      const { bytes, starts, damaged } = await this.#reader.read(ranges);
      for (const [n, i] of wanted.entries()) {
        planes[i] = bytes.subarray(starts[n]!, starts[n]! + ranges[n]!.length);
      }
      for (const n of damaged) planes[wanted[n]!] = await this.#decodedAgain(films[wanted[n]!]!);
    }
    return planes as Uint8Array[];
  }

  close(): void {
    this.#reader.close();
  }

  #inMemory(film: number): Uint8Array | null {
    if (this.#packs.pack[film]! < 0) return this.#dataset.planes[film]!;
    return this.#repaired.get(film) ?? null;
  }

  #rangeOf(film: number): Range {
    const { packs, pack, offsets, checksums } = this.#packs;
    const length = this.#dataset.widths[film]! * this.#dataset.heights[film]!;
    return { pack: packs[pack[film]!]!, offset: offsets[film]!, length, checksum: checksums[film]! };
  }

  async #decodedAgain(film: number): Promise<Uint8Array> {
    const plane = await this.#repair(film);
    if (!plane) throw new AppError('cache-damaged', `film ${film + 1} of ${this.#dataset.widths.length}.`);
    this.#repaired.set(film, plane);
    return plane;
  }
}
