import { afterEach, describe, expect, it } from 'vitest';
import type { DecodedFilm } from '../../data/decode.ts';
import { AppError } from '../../util/errors.ts';
import { expose } from '../rpc.ts';
import { type Clock, type DecodeNotice, wallClock } from './decodeAnswer.ts';
import { DecodePool, type DecodePoolOptions } from './decodePool.ts';

const filmOf = (side: number): DecodedFilm => ({
  plane: new Uint8Array(side),
  width: side,
  height: 1,
  originalWidth: side,
  originalHeight: 1,
  format: 'png',
  measures: { mean: 0, deviation: 0, polarity: 0, hash: '' },
  thumbnail: { width: 1, height: 1, bytes: new Uint8Array(1) },
});

/** Files are told apart by their size, because Node drops the names of files it clones. */
const SIZES = {
  ok: 3,
  bad: 901,
  hang: 902,
  die: 903,
  load: 904,
  busy: 905,
  full: 906,
  large: 907,
  quiet: 908,
};
type Kind = keyof typeof SIZES;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function fakeDecode(file: File, worker: FakeWorker): Promise<DecodedFilm> {
  const tell = (data: DecodeNotice) => worker.dispatchEvent(new MessageEvent('message', { data }));
  FakeWorker.tries.push({ size: file.size, beside: FakeWorker.busy - 1 });
  const isFirst = FakeWorker.tries.filter(({ size }) => size === file.size).length === 1;
  // Only slow the first time, as on a machine that has much else to do.
  if (file.size === SIZES.busy && isFirst) return new Promise(() => {});
  if (file.size === SIZES.full && isFirst) throw new AppError('decoder-stopped', 'it found no memory.');
  if (file.size === SIZES.large) {
    tell({ pixels: 2_000_000 });
    await pause(900);
  }
  if (file.size === SIZES.quiet) await pause(900);
  if (file.size === SIZES.hang) return new Promise(() => {});
  if (file.size === SIZES.bad) throw new AppError('image-corrupt', 'it is bad.');
  if (file.size === SIZES.die) {
    worker.dispatchEvent(new Event('error'));
    return new Promise(() => {});
  }
  if (file.size === SIZES.load) {
    tell({ waits: true });
    await pause(900);
    tell({ waits: false });
  }
  await pause(5);
  return filmOf(file.size);
}

class FakeWorker extends EventTarget {
  static alive = 0;
  static made = 0;
  static busy = 0;
  static mostBusy = 0;
  /** Of every try: the file, and how many others were under way. */
  static tries: { size: number; beside: number }[] = [];
  readonly #channel = new MessageChannel();
  #running = false;

  constructor(fails = false) {
    super();
    FakeWorker.alive++;
    FakeWorker.made++;
    this.#channel.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
    if (fails) queueMicrotask(() => this.dispatchEvent(new Event('error')));
    else expose({ ready: () => true, decode: (file: File) => this.#decode(file) }, this.#channel.port2);
  }

  async #decode(file: File) {
    FakeWorker.mostBusy = Math.max(FakeWorker.mostBusy, ++FakeWorker.busy);
    this.#running = true;
    try {
      return await fakeDecode(file, this);
    } finally {
      this.#rest();
    }
  }

  #rest() {
    if (this.#running) FakeWorker.busy--;
    this.#running = false;
  }

  postMessage(data: unknown, transfer: Transferable[] = []) {
    this.#channel.port1.postMessage(data, transfer);
  }

  terminate() {
    FakeWorker.alive--;
    this.#rest();
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}

const sized = (bytes: number) => ({ path: 'film.png', file: new File([new Uint8Array(bytes)], 'film.png') });
const source = (kind: Kind) => sized(SIZES[kind]);
const asWorker = (fake: FakeWorker) => fake as unknown as Worker;

let pool: DecodePool;
function makePool(options: Partial<DecodePoolOptions> = {}) {
  Object.assign(FakeWorker, { alive: 0, made: 0, busy: 0, mostBusy: 0, tries: [] });
  pool = new DecodePool({
    planeSize: 64,
    thumbnailSize: 8,
    workers: 2,
    spawn: () => asWorker(new FakeWorker()),
    aloneClock: wallClock,
    ...options,
  });
  return pool;
}
afterEach(() => pool.dispose());

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'decoded',
    (error: unknown) => (error instanceof AppError ? error.code : 'other'),
  );

describe('DecodePool', () => {
  it('answers each caller with its own film and never runs more files than workers', async () => {
    makePool();
    const films = await Promise.all(Array.from({ length: 20 }, (_, i) => pool.decode(sized(i + 1))));
    expect(films.map(({ width }) => width)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(FakeWorker.made).toBe(2);
    expect(FakeWorker.mostBusy).toBe(2);
  });

  it('passes refusals on and keeps the worker', async () => {
    makePool({ workers: 1 });
    expect(await codeOf(pool.decode(source('bad')))).toBe('image-corrupt');
    expect(await codeOf(pool.decode(source('ok')))).toBe('decoded');
    expect(FakeWorker.made).toBe(1);
  });

  it.each([
    ['die', 'decoder-stopped'],
    ['hang', 'decode-timeout'],
  ] as const)('loses only the file when a worker does %s', async (kind, code) => {
    makePool({ workers: 1, timeoutMs: 500 });
    const codes = [source('ok'), source(kind), source('ok')].map((file) => codeOf(pool.decode(file)));
    expect(await Promise.all(codes)).toEqual(['decoded', code, 'decoded']);
    expect([FakeWorker.made, FakeWorker.alive]).toEqual([3, 1]);
  });

  it.each([
    ['the machine is busy', 'busy'],
    ['others have the memory', 'full'],
  ] as const)('tries a film again alone when %s', async (_, kind) => {
    makePool({ timeoutMs: 300 });
    const others = Array.from({ length: 8 }, (_, i) => sized(i + 10));
    const all = [source(kind), ...others].map((file) => codeOf(pool.decode(file)));
    expect(await Promise.all(all)).toEqual(Array(9).fill('decoded'));
    const tries = FakeWorker.tries.filter(({ size }) => size === SIZES[kind]);
    expect(tries).toHaveLength(2);
    expect(tries[1]).toMatchObject({ beside: 0 });
    // Nothing began while it ran alone either.
    const after = FakeWorker.tries.indexOf(tries[1]!) + 1;
    expect(FakeWorker.tries.slice(after).every(({ beside }) => beside <= 1)).toBe(true);
  });

  it('has more patience with all films once one was slow for no fault of its own', async () => {
    makePool({ workers: 1, timeoutMs: 500 });
    await pool.decode(source('busy'));
    // 900 ms, twice what the first try would have had.
    await pool.decode(source('quiet'));
    expect(FakeWorker.tries.filter(({ size }) => size === SIZES.quiet)).toHaveLength(1);
  });

  it('gives a film time by its pixels as well', async () => {
    makePool({ workers: 1, timeoutMs: 500 });
    await pool.decode(source('large'));
    expect(FakeWorker.tries).toHaveLength(1);
  });

  it('holds the try alone against the work done beside it, not the time of day', async () => {
    let pass: (ms: number) => void = () => {};
    const aloneClock: Clock = (onPassed) => {
      pass = onPassed;
      return () => undefined;
    };
    makePool({ workers: 1, timeoutMs: 100, aloneClock });
    const hanging = codeOf(pool.decode(source('hang')));
    await pause(900);
    // Much time went by, little of it was work.
    pass(100);
    expect(await Promise.race([hanging, pause(50).then(() => 'waiting')])).toBe('waiting');
    pass(150);
    expect(await hanging).toBe('decode-timeout');
  });

  it('blames no file for the time a codec takes to load', async () => {
    makePool({ workers: 1, timeoutMs: 500 });
    expect(await codeOf(pool.decode(source('load')))).toBe('decoded');
    expect(FakeWorker.made).toBe(1);
  });

  it('gives up when workers never start', async () => {
    makePool({ workers: 1, spawn: () => asWorker(new FakeWorker(true)) });
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(pool.decode(source('ok')))));
    expect(codes).toEqual(Array(5).fill('worker-failed'));
    expect([FakeWorker.made, FakeWorker.alive]).toEqual([3, 0]);
  });

  it('cancels one file by its signal, and all of them when disposed', async () => {
    makePool({ workers: 1 });
    const stop = new AbortController();
    const hanging = codeOf(pool.decode(source('hang'), stop.signal));
    const waiting = codeOf(pool.decode(source('ok')));
    stop.abort();
    expect(await hanging).toBe('cancelled');
    expect(await waiting).toBe('decoded');
    const last = codeOf(pool.decode(source('hang')));
    pool.dispose();
    expect(await last).toBe('cancelled');
    expect(await codeOf(pool.decode(source('ok')))).toBe('cancelled');
    expect(FakeWorker.alive).toBe(0);
  });
});
