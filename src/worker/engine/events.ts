// What the engine tells the page, paced: samples are gathered and posted at most twenty times a second, so that a
// fast GPU cannot flood the page with messages; everything else goes out at once.

import type { EngineEvent, RunStatus } from '../../protocol/engine.ts';
import type { StepSample } from '../../protocol/metrics.ts';

const PACE_MS = 50;

export class EventPacer {
  readonly #post: (event: EngineEvent) => void;
  #samples: StepSample[] = [];
  #lastPost = 0;

  constructor(post: (event: EngineEvent) => void) {
    this.#post = post;
  }

  /** Holds the sample back until the pace allows; `status` is what the page should show with it. */
  sample(sample: StepSample, status: RunStatus): void {
    this.#samples.push(sample);
    if (performance.now() - this.#lastPost < PACE_MS) return;
    this.flush();
    this.#post({ type: 'status', status });
  }

  /** Posts an event after everything gathered so far. */
  send(event: EngineEvent): void {
    this.flush();
    this.#post(event);
  }

  flush(): void {
    if (this.#samples.length === 0) return;
    this.#lastPost = performance.now();
    this.#post({ type: 'samples', samples: this.#samples });
    this.#samples = [];
  }
}
