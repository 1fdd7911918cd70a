// The built-in set as the intake worker has it: its table at once, since who has what is known before anything is drawn. The
// engine has its films drawn when they are wanted (engine/drawnPlanes.ts); here they are drawn for thumbnails alone.

import type { DatasetParts, Film } from '../../data/dataset.ts';
import { shrink } from '../../data/resize.ts';
import { renderMasks } from '../../data/synthetic/film.ts';
import { SYNTHETIC_FINDINGS } from '../../data/synthetic/findings.ts';
import {
  planSyntheticSet,
  renderEntry,
  SYNTHETIC_NAME,
  type SyntheticEntry,
  sideOf,
} from '../../data/synthetic/set.ts';
import { insideOf } from '../../data/truth.ts';
import type { DrawnMasks, DrawnSet, MasksWanted, Thumbnail } from '../../protocol/dataset.ts';
import type { FilmMarks, FilmMask } from '../../protocol/film.ts';
import { SPLIT_SEED, type SyntheticOptions } from '../../protocol/intake.ts';

export interface PlannedSet {
  readonly parts: Omit<DatasetParts, 'startedAt'>;
  readonly entries: readonly SyntheticEntry[];
}

/** Everything about a set but its pixels. */
export function planSet(options: SyntheticOptions): PlannedSet {
  const entries = planSyntheticSet(options);
  // Drawn no larger than they are stored: a phantom is continuous, so there is nothing to be gained by shrinking one.
  const side = Math.min(sideOf(options.difficulty), options.planeSize);
  const { planeSize, ...set } = options;
  const drawn: DrawnSet = { ...set, side };
  const films = entries.map(
    (entry): Film => ({
      path: entry.path,
      format: 'synthetic',
      width: side,
      height: side,
      originalWidth: side,
      originalHeight: side,
      fileSize: side * side,
      labels: { labels: entry.labels, patient: entry.patient },
    }),
  );
  return {
    entries,
    parts: {
      name: options.seed === 1 ? SYNTHETIC_NAME : `${SYNTHETIC_NAME}, set ${options.seed}`,
      synthetic: true,
      films,
      planes: [],
      drawn,
      findings: SYNTHETIC_FINDINGS,
      marked: SYNTHETIC_FINDINGS,
      splitSource: null,
      report: null,
      skipped: [],
      split: { seed: SPLIT_SEED, stratify: 'any' },
      planeSize,
    },
  };
}

/** Side of the masks, px. */
const MARK_SIDE = 128;

/** The set at hand, for thumbnails; there is nothing on disk and nothing to decode again. */
export class HeldPhantoms {
  readonly fingerprint: string;
  readonly usesCache = false;
  readonly #entries: readonly SyntheticEntry[];
  readonly #thumbnailSize: number;

  constructor(fingerprint: string, entries: readonly SyntheticEntry[], thumbnailSize: number) {
    this.fingerprint = fingerprint;
    this.#entries = entries;
    this.#thumbnailSize = thumbnailSize;
  }

  async thumbnails(films: readonly number[]): Promise<Thumbnail[]> {
    const side = this.#thumbnailSize;
    return films.flatMap((index) => {
      const entry = this.#entries[index];
      if (!entry) return [];
      const { plane } = renderEntry(entry, side);
      return [{ index, ...shrink({ width: side, height: side, bytes: plane }, side) }];
    });
  }

  /** Where what was drawn of each finding lies: exact, since a program drew it. */
  marks(film: number): FilmMarks | null {
    return this.#entries[film] ? { boxes: [], masks: this.#masks(film, MARK_SIDE) } : null;
  }

  /** The masks of many films, drawn at the side that is asked for. */
  drawn({ films, findings, side }: MasksWanted): DrawnMasks {
    const masks = films.map((film) => this.#masks(film, side));
    return {
      inside: masks.map((own) => insideOf({ boxes: [], masks: own }, findings, side)),
      marked: masks.map((own) =>
        Uint8Array.from(findings, (finding) => Number(own.some((mask) => mask.finding === finding))),
      ),
      failed: [],
    };
  }

  #masks(film: number, side: number): FilmMask[] {
    const entry = this.#entries[film];
    if (!entry) return [];
    return Object.entries(renderMasks(entry.spec(), side)).map(([finding, bytes]) => ({
      finding,
      width: side,
      height: side,
      bytes,
    }));
  }

  async decodeAgain(): Promise<null> {
    return null;
  }

  dispose(): void {
    // Nothing is held but the plan.
  }
}
