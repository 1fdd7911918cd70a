// What the engine tells the page, paced: samples are gathered and posted at most twenty times a second, so that a
// fast GPU cannot flood the page with messages; everything else goes out at once.

import type { EngineEvent, RunStatus } from '../../protocol/engine.ts';
import type { StepSample } from '../../protocol/metrics.ts';

const INTERVAL_MS = 50;

export class EngineEvents {
  #post: (event: EngineEvent) => void = () => undefined;
  #samples: StepSample[] = [];
  #lastPost = 0;

  /** Where events go from now on; those before go nowhere. */
  to(post: (event: EngineEvent) => void): void {
    this.#post = post;
    this.#samples = [];
  }

  /** Holds the sample back until the next message is due; `status` is what the page should show with it. */
  sample(sample: StepSample, status: RunStatus): void {
    this.#samples.push(sample);
    if (performance.now() - this.#lastPost < INTERVAL_MS) return;
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
