// One run of `soak` as it is seen from outside: every sample is held against the reference the moment it comes, and its step
// must follow the one before. Steps told again are allowed, other values and gaps are not.

import type { Config } from '../../src/config/schema.ts';
import type { RunnerEvent, SampleRecord } from '../../src/headless.ts';
import type { EngineState } from '../../src/protocol/engine.ts';
import { syntheticOptions } from '../../src/protocol/intake.ts';
import { commonValue, metricNames } from '../../src/protocol/metrics.ts';
import type { Session } from './browser.ts';

/** A worker that says nothing for so long is dead. */
const SILENCE_MS = 6000;
/** Nor does a live one, whatever it is waiting for: it compiles, recovers or takes steps, and tells of each. */
const PATIENCE_MS = 240_000;

export class SoakRun {
  readonly #session: Session;
  readonly #config: Config;
  /** Metrics that a repetition gives again, with their places in a sample. */
  readonly #repeatable: readonly { readonly name: string; readonly i: number }[];
  #reference: Map<number, SampleRecord> | null = null;
  #rows = new Map<number, SampleRecord>();
  #expected = 0;
  #heard = performance.now();
  #state: EngineState = 'closed';
  #waiting: (() => void)[] = [];
  id = '';
  failure = '';
  /** Faults that the run at hand has met. */
  struck: string[] = [];
  /** What was not as it should be. */
  readonly offences: string[] = [];
  /** GPU bytes reserved at the last sample. */
  reserved = 0;
  samples = 0;

  constructor(session: Session, config: Config) {
    this.#session = session;
    this.#config = config;
    this.#repeatable = metricNames(config)
      .map((name, i) => ({ name, i }))
      .filter(({ name }) => !/^(speed|memory)\//.test(name));
  }

  get call(): Session['call'] {
    return this.#session.call;
  }

  get state(): EngineState {
    return this.#state;
  }

  get rows(): number {
    return this.#rows.size;
  }

  readonly hear = (event: RunnerEvent): void => {
    this.#heard = performance.now();
    if (event.type === 'samples') for (const sample of event.samples) this.#take(sample);
    if (event.type === 'rewound') this.#expected = event.step;
    if (event.type === 'kept') this.id = event.kept.runId;
    if (event.type === 'failed') this.failure = `${event.error.code}: ${event.error.message}`;
    if (event.type === 'status') this.#state = event.status.state;
    for (const look of this.#waiting.splice(0)) look();
  };

  begin(): void {
    this.#rows = new Map();
    this.#expected = 0;
    this.failure = '';
    this.struck = [];
  }

  /** From now on the run just finished is the measure. */
  becomeReference(): void {
    this.#reference = this.#rows;
  }

  async films(): Promise<void> {
    await this.call('synthesise', syntheticOptions(this.#config));
  }

  /** Takes the run up from what is kept and lets it go on. */
  async resume(): Promise<void> {
    this.failure = '';
    const { status, samples } = await this.call('resume', this.id);
    if (samples.length !== status.step) {
      this.offences.push(`resumed at step ${status.step} with ${samples.length} rows of curves`);
    }
    this.#expected = 0;
    for (const sample of samples) this.#take(sample);
    await this.keepOften();
    if (status.state !== 'done') await this.call('play');
  }

  keepOften(): Promise<void> {
    return this.call('keep', { everySteps: 10, everySeconds: 5, writingShare: 1 });
  }

  async reload(): Promise<void> {
    const { page } = this.#session;
    await page.reload();
    await page.waitForFunction(() => window.runner !== undefined);
    await this.call('open');
  }

  /** Ends the browser's GPU process. */
  async killGpu(): Promise<void> {
    const page = await this.#session.page.context().newPage();
    await page.goto('chrome://gpucrash').catch(() => undefined);
    await page.close();
  }

  /** Until this many steps have been seen, or the run is over. */
  async passes(steps: number): Promise<void> {
    await this.#until(() => this.#expected > steps || this.#state === 'done' || this.#state === 'failed');
  }

  /** Until the run is over. A device lost at rest leaves it paused once it has been mended; then it goes on. */
  async ends(): Promise<void> {
    for (;;) {
      await this.#until(() => ['done', 'failed', 'paused'].includes(this.#state));
      if (this.#state !== 'paused') return;
      await this.call('play');
    }
  }

  /** Back to the last good step after a blow-up, which is then dealt with. */
  async rollBack(): Promise<void> {
    this.failure = '';
    await this.call('rollBack');
    await this.call('play');
  }

  async falls(how: 'silent' | 'failed'): Promise<void> {
    await this.#until(() =>
      how === 'failed'
        ? this.failure !== '' || this.#state === 'done'
        : performance.now() - this.#heard > SILENCE_MS || this.#state === 'done',
    );
  }

  async #until(done: () => boolean): Promise<void> {
    const began = performance.now();
    while (!done()) {
      if (performance.now() > Math.max(began, this.#heard) + PATIENCE_MS)
        throw new Error(`nothing came of it: ${this.#state}, step ${this.#expected}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        setTimeout(resolve, 250);
      });
    }
  }

  #take(sample: SampleRecord): void {
    const { step } = sample;
    this.samples++;
    if (step > this.#expected) this.offences.push(`step ${step} came when ${this.#expected} was next`);
    this.#expected = step + 1;
    this.#rows.set(step, sample);
    this.reserved = commonValue(sample, 'memory/reserved') ?? 0;
    const right = this.#reference?.get(step);
    if (!right) return;
    const wrong = this.#repeatable.find(({ i }) => !Object.is(sample.values[i], right.values[i]));
    if (wrong) {
      const [is, was] = [sample.values[wrong.i], right.values[wrong.i]];
      this.offences.push(`step ${step}: ${wrong.name} is ${is}, uninterrupted ${was}`);
    }
  }
}
