// The set at hand as the intake worker keeps it after the engine got its planes: enough to make a thumbnail when the page
// comes to a film, and to decode a film again whose plane was lost on disk.

import { shrink } from '../../data/resize.ts';
import type { Thumbnail } from '../../protocol/dataset.ts';
import type { FilmStore, StoredFilm } from '../intake/filmStore.ts';
import type { Decoder } from '../intake/films.ts';

export class HeldSet {
  readonly fingerprint: string;
  readonly #store: FilmStore;
  readonly #makeDecoder: () => Decoder;
  readonly #thumbnailSize: number;
  #decoder: Decoder | null = null;

  constructor(fingerprint: string, store: FilmStore, makeDecoder: () => Decoder, thumbnailSize: number) {
    this.fingerprint = fingerprint;
    this.#store = store;
    this.#makeDecoder = makeDecoder;
    this.#thumbnailSize = thumbnailSize;
  }

  /** Some of its planes lie on disk. */
  get usesCache(): boolean {
    return this.#store.films.some(({ place }) => place !== null);
  }

  async thumbnails(films: readonly number[]): Promise<Thumbnail[]> {
    const made: Thumbnail[] = [];
    for (const index of films) {
      const film = this.#store.films[index];
      const picture = film && (await this.#picture(film));
      if (picture) made.push({ index, ...picture });
    }
    return made;
  }

  /** The plane of a film from its file; null when that is gone too. */
  async decodeAgain(index: number): Promise<Uint8Array | null> {
    const film = this.#store.films[index];
    if (!film) return null;
    this.#decoder ??= this.#makeDecoder();
    try {
      const { file, width, height } = film;
      const decoded = await this.#decoder.decode({ path: file.path, file: await file.open() });
      return decoded.width === width && decoded.height === height ? decoded.plane : null;
    } catch {
      return null;
    }
  }

  dispose(): void {
    this.#decoder?.dispose();
    this.#store.cache?.close();
  }

  async #picture({ place, width, height, thumbnail }: StoredFilm) {
    if (thumbnail) return thumbnail;
    const plane = place && (await this.#store.cache?.read(place, width * height));
    return plane ? shrink({ width, height, bytes: plane }, this.#thumbnailSize) : null;
  }
}
