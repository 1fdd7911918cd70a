// Keeps the page informed without flooding it: progress at most ten times a second, thumbnails in batches.

import type { Thumbnail } from '../../protocol/dataset.ts';
import type { IntakeEvent } from '../../protocol/intake.ts';

const INTERVAL_MS = 100;
/** The first films are shown while the others are read; the page asks for those it comes to later. */
const SHOWN_AT_ONCE = 400;

export class IntakeEvents {
  readonly #send: (event: IntakeEvent) => void;
  readonly #total: number;
  #thumbnails: Thumbnail[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #skipped = 0;
  #found = 0;

  constructor(total: number, send: (event: IntakeEvent) => void) {
    this.#total = total;
    this.#send = send;
    this.flush();
  }

  film(thumbnail: Thumbnail): void {
    if (thumbnail.index < SHOWN_AT_ONCE) this.#thumbnails.push(thumbnail);
    this.#done += 1;
    this.#flushWhenDue();
  }

  /** A file that lay in the cache, as a film or as one that is left out. */
  found(isFilm: boolean): void {
    this.#done += 1;
    this.#found += 1;
    if (!isFilm) this.#skipped += 1;
    this.#flushWhenDue();
  }

  skip(): void {
    this.#done += 1;
    this.#skipped += 1;
    this.#flushWhenDue();
  }

  flush(): void {
    this.#sentAt = performance.now();
    const [done, total, skipped, found] = [this.#done, this.#total, this.#skipped, this.#found];
    this.#send({ type: 'progress', done, total, skipped, found });
    if (this.#thumbnails.length === 0) return;
    this.#send({ type: 'thumbnails', thumbnails: this.#thumbnails });
    this.#thumbnails = [];
  }

  #flushWhenDue(): void {
    if (performance.now() - this.#sentAt >= INTERVAL_MS) this.flush();
  }
}
