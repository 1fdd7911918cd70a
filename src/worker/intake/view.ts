// One film of the set at a time, for the viewer: found again by its path and decoded at full resolution in a worker
// of its own, so that looking never waits for a reading. The worker ends when nobody has looked for a while.

import type { ListedFile } from '../../data/sources.ts';
import { planSyntheticSet, renderEntry, sideOf } from '../../data/synthetic/set.ts';
import { viewGrey } from '../../data/view.ts';
import type { FilmView } from '../../protocol/film.ts';
import type { SourceFile, SyntheticOptions } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';

/** What the decode pool offers; tests put their own here. */
export interface Viewer {
  view(source: SourceFile): Promise<FilmView>;
  dispose(): void;
}

const IDLE_MS = 30_000;

type Look = (path: string) => Promise<FilmView>;

const nothing: Look = () => Promise.reject(new AppError('not-ready', 'no films are loaded.'));

export class IntakeView {
  readonly #make: () => Viewer;
  #look: Look = nothing;
  #viewer: Viewer | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(make: () => Viewer) {
    this.#make = make;
  }

  /** From now on films are looked for among these. */
  lookAmong(files: readonly ListedFile[]): void {
    this.#look = async (path) => {
      const listed = files.find((file) => file.path === path);
      if (!listed) throw new AppError('file-unreadable', 'it is no longer among the files.');
      return this.#decode({ path, file: await listed.open() });
    };
  }

  lookAmongSynthetic(options: SyntheticOptions): void {
    const side = sideOf(options.difficulty);
    this.#look = async (path) => {
      const entry = planSyntheticSet(options).find((one) => one.path === path);
      if (!entry) throw new AppError('file-unreadable', 'it is not in the set.');
      return viewGrey('synthetic', side, side, renderEntry(entry, side).plane);
    };
  }

  /** @throws AppError with the reason the film cannot be shown */
  look(path: string): Promise<FilmView> {
    return this.#look(path);
  }

  async #decode(source: SourceFile): Promise<FilmView> {
    clearTimeout(this.#idle);
    this.#viewer ??= this.#make();
    try {
      return await this.#viewer.view(source);
    } finally {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.#rest(), IDLE_MS);
    }
  }

  #rest(): void {
    this.#viewer?.dispose();
    this.#viewer = null;
  }
}
