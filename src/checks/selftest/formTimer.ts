// How long recorded work takes on the GPU: by the GPU's own clock where the device has one, else by ours. A browser may
// say that work is done only when it next looks, in Firefox every 100 ms, so what our clock cannot tell is measured first,
// and every time comes with the difference below which it means nothing.

import type { Runtime } from '../../gpu/runtime.ts';

export interface Duration {
  readonly ms: number;
  /** Two durations that differ by less are the same. */
  readonly within: number;
}

const ROUNDS = 3;
/** Browsers round the GPU's clock to tenths of a millisecond. */
const STAMP_MS = 0.1;
/** Later than this a browser does not look at once. */
const TARDY_MS = 20;
const NANOSECONDS = 1e6;

interface Stamps {
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly read: GPUBuffer;
}

export class FormTimer {
  readonly #runtime: Runtime;
  /** Until work of nothing is known to be done, in ms. */
  readonly #tick: number;
  #stamps: Stamps | null;

  private constructor(runtime: Runtime, tick: number, stamps: Stamps | null) {
    this.#runtime = runtime;
    this.#tick = tick;
    this.#stamps = stamps;
  }

  /** @param stamped false: by our clock in any case */
  static async open(runtime: Runtime, stamped = true): Promise<FormTimer> {
    const { device } = runtime;
    let tick = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      device.queue.submit([device.createCommandEncoder().finish()]);
      await device.queue.onSubmittedWorkDone();
      tick = Math.max(tick, performance.now() - begin);
    }
    return new FormTimer(runtime, tick, stamped ? openStamps(device) : null);
  }

  /** Whether the browser is slow to say that work is done, so that everything takes longer. */
  get tardy(): boolean {
    return this.#tick > TARDY_MS;
  }

  /** The shortest of some rounds of `runs` recordings, for one of them. */
  async time(record: () => void, runs: number): Promise<Duration> {
    if (this.#stamps) {
      const ms = await this.#byStamps(this.#stamps, record, runs);
      if (ms !== null) return { ms, within: (2 * STAMP_MS) / runs };
      this.close();
    }
    let ms = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      for (let run = 0; run < runs; run++) record();
      this.#runtime.submit();
      await this.#runtime.device.queue.onSubmittedWorkDone();
      ms = Math.min(ms, (performance.now() - begin) / runs);
    }
    return { ms, within: this.#tick / runs };
  }

  close(): void {
    this.#stamps?.set.destroy();
    this.#stamps?.resolved.destroy();
    this.#stamps?.read.destroy();
    this.#stamps = null;
  }

  /** Null where the GPU's clock stands still, goes back or says more than has passed: some drivers' does. */
  async #byStamps({ set, resolved, read }: Stamps, record: () => void, runs: number): Promise<number | null> {
    const runtime = this.#runtime;
    const begin = performance.now();
    for (let round = 0; round < ROUNDS; round++) {
      runtime.stamp(set, 2 * round);
      for (let run = 0; run < runs; run++) record();
      runtime.stamp(set, 2 * round + 1);
      runtime.submit();
    }
    const encoder = runtime.device.createCommandEncoder();
    encoder.resolveQuerySet(set, 0, 2 * ROUNDS, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, read, 0, resolved.size);
    runtime.device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    const passed = performance.now() - begin;
    const times = new BigUint64Array(read.getMappedRange().slice(0));
    read.unmap();
    const rounds = Array.from(
      { length: ROUNDS },
      (_, round) => Number(times[2 * round + 1]! - times[2 * round]!) / NANOSECONDS,
    );
    const sound = rounds.every((ms) => ms > 0) && rounds.reduce((a, b) => a + b, 0) <= passed + this.#tick;
    return sound ? Math.min(...rounds) / runs : null;
  }
}

function openStamps(device: GPUDevice): Stamps | null {
  if (!device.features.has('timestamp-query')) return null;
  const size = 2 * ROUNDS * BigUint64Array.BYTES_PER_ELEMENT;
  return {
    set: device.createQuerySet({ type: 'timestamp', count: 2 * ROUNDS }),
    resolved: device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
    read: device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ }),
  };
}
