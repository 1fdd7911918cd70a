// `cache`: reads a folder through the cache of decoded films and measures it: the pool of decode workers in turn with one film
// after another in one worker, on the same files; memory while the whole folder is read, and a second start that finds everything.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunnerEvent, RunnerSummary } from '../../src/headless.ts';
import { SPLIT_SEED } from '../../src/protocol/intake.ts';
import { AppError } from '../../src/util/errors.ts';
import { formatBytes, formatCount, formatCounted } from '../../src/util/format.ts';
import { existingFolder, readOptions, required, wholeNumber } from './arguments.ts';
import { type Session, withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { dropFolder } from './dropFolder.ts';
import { MemoryProbe, type MemorySample } from './memory.ts';
import { Progress } from './progress.ts';

const OPTIONS = {
  data: { type: 'string' },
  size: { type: 'string', default: '224' },
  sample: { type: 'string', default: '3000' },
  json: { type: 'string' },
} as const;

/** Rounds in which pool and single worker take turns. A sample of hundreds shows how fast each worker compiles its code. */
const ROUNDS = 3;
const SHARES = [0.25, 0.5, 0.75, 1];

/** Follows the progress of one reading. */
class Reading {
  #first = 0;
  #last = 0;
  readonly #since = performance.now();
  /** Seconds until the last file was listed. */
  listing = 0;
  done = 0;
  skipped = 0;
  onShare: (share: number) => void = () => undefined;
  readonly #shares = [...SHARES];

  hear(event: RunnerEvent): void {
    const now = performance.now();
    if (event.type === 'listing') this.listing = (now - this.#since) / 1000;
    if (event.type !== 'progress') return;
    if (event.done === 0) this.#first = now;
    this.#last = now;
    this.done = event.done;
    this.skipped = event.skipped;
    while (this.#shares.length > 0 && event.done >= this.#shares[0]! * event.total)
      this.onShare(this.#shares.shift()!);
  }

  /** Files per second between the first and the last word of progress: listing and labels are not in it. */
  get rate(): number {
    return this.done / Math.max(1e-3, (this.#last - this.#first) / 1000);
  }
}

interface Measures {
  readonly films: number;
  readonly skipped: number;
  readonly rates: { readonly one: readonly number[]; readonly pool: readonly number[] };
  readonly speedup: number;
  readonly first: { readonly listing: number; readonly seconds: number; readonly rate: number };
  readonly memory: readonly (MemorySample & { readonly share: number })[];
  /** listing: until the folder was walked; seconds: that and everything after it, until the engine has the set. */
  readonly second: {
    readonly listing: number;
    readonly seconds: number;
    readonly indexSeconds: number;
    readonly found: number;
  };
  readonly cache: { readonly bytes: number; readonly quota: number | null };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Visit {
  readonly summary: RunnerSummary;
  /** Files per second. */
  readonly rate: number;
  /** Seconds until the folder was walked. */
  readonly listing: number;
  /** Seconds until the engine had the set. */
  readonly seconds: number;
}

/** One folder in one session; every reading is followed by the state. */
class Measuring {
  readonly #session: Session;
  readonly #folder: string;
  readonly #planeSize: number;
  readonly #state: State;

  constructor(session: Session, folder: string, planeSize: number, state: State) {
    this.#session = session;
    this.#folder = folder;
    this.#planeSize = planeSize;
    this.#state = state;
  }

  /** The intake worker walks the folder anew for every reading. */
  drop(): Promise<void> {
    return dropFolder(this.#session.page, this.#folder);
  }

  /** The pool, and one worker that takes one film after another, in turn, on the same first films, which stay in memory. */
  async decode(limit: number): Promise<Measures['rates']> {
    const rates = { one: [] as number[], pool: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      this.#state.stage = `One film after another, then the pool, round ${round + 1} of ${ROUNDS}`;
      rates.one.push((await this.#read({ limit, cache: false, workers: 1 })).rate);
      rates.pool.push((await this.#read({ limit, cache: false })).rate);
    }
    return rates;
  }

  async firstVisit(): Promise<Visit & { memory: Measures['memory'] }> {
    this.#state.stage = 'First visit';
    const probe = await MemoryProbe.attach(this.#session.page);
    const samples: Promise<MemorySample & { share: number }>[] = [];
    const sample = (share: number) => {
      samples.push(probe.sample().then((memory) => ({ share, ...memory })));
    };
    sample(0);
    await samples[0];
    this.#state.onShare = sample;
    const visit = await this.#read({ cache: true });
    this.#state.onShare = () => undefined;
    return { ...visit, memory: await Promise.all(samples) };
  }

  /** After everything but the storage was forgotten. */
  async secondVisit(): Promise<{ summary: RunnerSummary; times: Measures['second'] }> {
    this.#state.stage = 'Second visit';
    const { page } = this.#session;
    await page.reload();
    await page.waitForFunction(() => window.runner !== undefined);
    await this.#session.call('open');
    await this.drop();
    const { summary, listing, seconds } = await this.#read({ cache: true });
    const { storage } = summary;
    if (!storage) throw new AppError('internal', 'the set does not say where it lies.');
    const { indexSeconds, found } = storage;
    return { summary, times: { listing, seconds, indexSeconds, found } };
  }

  async #read(changes: object): Promise<Visit> {
    const reading = new Reading();
    this.#state.reading = reading;
    const options = { name: path.basename(this.#folder), planeSize: this.#planeSize, seed: SPLIT_SEED };
    const since = performance.now();
    const summary = await this.#session.call('readFolder', { ...options, ...changes });
    const seconds = (performance.now() - since) / 1000;
    return { summary, rate: reading.rate, listing: reading.listing, seconds };
  }
}

async function measure(session: Session, of: Measuring, sample: number): Promise<Measures> {
  await of.drop();
  const rates = await of.decode(sample);
  const { summary, rate, listing, seconds, memory } = await of.firstVisit();
  const second = await of.secondVisit();
  if (second.summary.fingerprint !== summary.fingerprint) {
    throw new AppError('values-disagree', 'the second visit gave another set.');
  }
  const { bytes, quota } = await session.call('cacheState');
  return {
    films: summary.filmTable.length,
    skipped: summary.skipped.length,
    rates,
    speedup: mean(rates.pool) / mean(rates.one),
    first: { listing, seconds, rate },
    memory,
    second: second.times,
    cache: { bytes, quota },
  };
}

interface State {
  stage: string;
  reading: Reading;
  onShare: (share: number) => void;
}

function inWords({ films, skipped, rates, speedup, first, memory, second, cache }: Measures): string {
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(', ');
  const mega = (bytes: number | null | undefined) => (bytes == null ? '-' : `${Math.round(bytes / 1e6)} MB`);
  const heap = ({ heaps }: MemorySample, name: string) => mega(heaps[name]).padStart(9);
  return [
    `One after another: ${list(rates.one)} films/s`,
    `Pool:              ${list(rates.pool)} films/s, ${speedup.toFixed(2)} times as fast`,
    `First visit: ${formatCount(films)} films, ${formatCount(skipped)} left out, listed in ${first.listing.toFixed(1)} s, ` +
      `all of it in ${first.seconds.toFixed(1)} s, ${first.rate.toFixed(1)} files/s`,
    'share   heap of page   intake   engine   resident: page and workers   whole browser',
    ...memory.map(
      (sample) =>
        `${`${Math.round(100 * sample.share)} %`.padStart(5)}      ${heap(sample, 'page')}${heap(sample, 'intake')}${heap(sample, 'engine')}` +
        `${mega(sample.renderer).padStart(29)}${mega(sample.browser).padStart(16)}`,
    ),
    `Cache: ${formatBytes(cache.bytes)} of ${cache.quota === null ? 'an unknown grant' : formatBytes(cache.quota)}`,
    `Second visit: index read in ${second.indexSeconds.toFixed(2)} s, ${formatCount(second.found)} films found; ` +
      `listing took ${second.listing.toFixed(2)} s, all of it ${second.seconds.toFixed(2)} s`,
  ].join('\n');
}

export const cache: Command = {
  usage: 'cache --data DIR [--size PX] [--sample FILMS] [--json FILE]',
  summary:
    'Reads a folder through the cache twice; prints decoding speed, memory and the time of a second start.',
  async run(argv) {
    const values = readOptions(argv, OPTIONS);
    const folder = existingFolder(required(values.data, 'data'), 'data');
    const size = wholeNumber(values.size, 'size', 16);
    const sample = wholeNumber(values.sample, 'sample', 8);
    const progress = new Progress();
    const state: State = { stage: '', reading: new Reading(), onShare: () => undefined };
    const hear = (event: RunnerEvent) => {
      state.reading.onShare = state.onShare;
      state.reading.hear(event);
      if (event.type === 'listing')
        progress.update(state.stage, `${formatCounted(event.listed, 'file')} listed`);
      if (event.type === 'progress') {
        const { done, total, skipped } = event;
        progress.update(state.stage, `${done} of ${total}, ${skipped} left out`);
      }
    };
    const measures = await withSession(hear, (session) =>
      measure(session, new Measuring(session, folder, size, state), sample),
    ).finally(() => progress.end());
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(measures, null, 2)}\n`);
    console.log(inWords(measures));
  },
};
