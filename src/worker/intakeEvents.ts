// Keeps the page informed without flooding it: progress at most ten times a second, thumbnails in batches.

import type { Thumbnail } from '../protocol/dataset.ts';
import type { IntakeEvent } from '../protocol/intake.ts';

const INTERVAL_MS = 100;
/** Thumbnails beyond this would cost the page more memory than they are worth. */
const MOST_THUMBNAILS = 20_000;

export class IntakeEvents {
  readonly #send: (event: IntakeEvent) => void;
  readonly #total: number;
  #thumbnails: Thumbnail[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #skipped = 0;

  constructor(total: number, send: (event: IntakeEvent) => void) {
    this.#total = total;
    this.#send = send;
    this.flush();
  }

  film(thumbnail: Thumbnail): void {
    if (thumbnail.index < MOST_THUMBNAILS) this.#thumbnails.push(thumbnail);
    this.#done += 1;
    this.#flushWhenDue();
  }

  skip(): void {
    this.#done += 1;
    this.#skipped += 1;
    this.#flushWhenDue();
  }

  flush(): void {
    this.#sentAt = performance.now();
    this.#send({ type: 'progress', done: this.#done, total: this.#total, skipped: this.#skipped });
    if (this.#thumbnails.length === 0) return;
    this.#send({ type: 'thumbnails', thumbnails: this.#thumbnails });
    this.#thumbnails = [];
  }

  #flushWhenDue(): void {
    if (performance.now() - this.#sentAt >= INTERVAL_MS) this.flush();
  }
}
