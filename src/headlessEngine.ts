// What the runner's page and the runner without a browser share: how they wait for the engine. A set has arrived when the engine
// says so, a schedule is at its end when it says so or fails, and samples leave as plain arrays. Neither starts anything.

import type { DatasetSummary } from './protocol/dataset.ts';
import type { EngineEvent, RunStatus } from './protocol/engine.ts';
import type { StepSample } from './protocol/metrics.ts';
import { type AppError, fromWire } from './util/errors.ts';
import type { EngineClient } from './worker/client.ts';

/** One step as it goes to metrics.jsonl: values in the order of the run's metrics, null where not measured. */
export interface SampleRecord {
  readonly step: number;
  readonly activeSeconds: number;
  readonly values: readonly (number | null)[];
}

/** A summary without its table of films, which is long and holds names: nothing outside the page needs it. */
export type RunnerSummary = Omit<DatasetSummary, 'filmTable'> & {
  readonly filmTable: { readonly length: number };
};

export const plainSample = ({ step, activeSeconds, values }: StepSample): SampleRecord => ({
  step,
  activeSeconds,
  values: Array.from(values, (value) => (Number.isFinite(value) ? value : null)),
});

/** Films go to the engine over a port of their own; this waits until the engine has the set that was read. */
export class Delivery {
  #arrived: (fingerprint: string) => void = () => {};

  hear(event: EngineEvent): void {
    if (event.type === 'dataset') this.#arrived(event.fingerprint);
  }

  /** @param fault rejects when the engine dies */
  async of(read: () => Promise<DatasetSummary>, fault: Promise<never>): Promise<DatasetSummary> {
    const seen = new Set<string>();
    let wanted: string | null = null;
    const arrival = new Promise<void>((resolve) => {
      this.#arrived = (fingerprint) => {
        seen.add(fingerprint);
        if (fingerprint === wanted) resolve();
      };
    });
    const summary = await read();
    wanted = summary.fingerprint;
    if (!seen.has(wanted)) await Promise.race([arrival, fault]);
    return summary;
  }
}

/** Without the table of films, which is long and holds names. */
export const withoutFilms = (summary: DatasetSummary): RunnerSummary => ({
  ...summary,
  filmTable: { length: summary.filmTable.length },
});

type Trainee = Pick<EngineClient, 'play' | 'pause'>;

/** A schedule under way. */
export class Schedule {
  #ended: (error: AppError | null) => void = () => {};

  hear(event: EngineEvent): void {
    if (event.type === 'failed') this.#ended(fromWire(event.error));
    if (event.type === 'status' && event.status.state === 'done') this.#ended(null);
  }

  /** Trains to the end. */
  async train(engine: Trainee, fault: Promise<never>): Promise<void> {
    const end = this.#end();
    await engine.play();
    const error = await Promise.race([end, fault]);
    if (error) throw error;
  }

  /** Trains to the end, or for so many seconds, and halts. */
  async trainFor(engine: Trainee, seconds: number, fault: Promise<never>): Promise<RunStatus> {
    const end = this.#end();
    const up = new Promise<null>((resolve) => setTimeout(() => resolve(null), 1000 * seconds));
    await engine.play();
    const error = await Promise.race([end, up, fault]);
    if (error) throw error;
    const status = await engine.pause();
    // A fault of the step in flight is told before the pause is answered.
    const late = status.state === 'failed' ? await end : null;
    if (late) throw late;
    return status;
  }

  #end(): Promise<AppError | null> {
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }
}
