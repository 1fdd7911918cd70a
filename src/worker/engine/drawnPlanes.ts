// The planes of the built-in set, drawn by a few workers: first the films that a step asks for, and from the first step on
// others in their order, twice as many as were asked for, so that a run is never waited for long and an evaluation after it finds
// all ready, but a few steps do not draw the whole set. A film is drawn once and kept. A film is a pure function of the set, so
// training does not depend on who drew it or when.

import type { DrawnSet } from '../../protocol/dataset.ts';
import type { PlaneSource } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import type { PhantomsApi } from '../decode/phantoms.worker.ts';
import { type Remote, wrap } from '../rpc.ts';

/** One of those who draw; tests put their own here. */
export interface Drawer {
  /** The planes of these films, one after the other. */
  draw(set: DrawnSet, films: readonly number[]): Promise<Uint8Array>;
  close(): void;
}

/** Films that a worker is given at a time: a few, so that what a step asks for is never long in coming. */
const AT_A_TIME = 8;
/** Films drawn unasked for each that a step asks for. */
const AHEAD = 2;
const MAX_WORKERS = 4;

/** The engine and the page have a core left. */
const defaultWorkers = (): number =>
  Math.max(1, Math.min(MAX_WORKERS, (globalThis.navigator?.hardwareConcurrency ?? 2) - 1));

/** A worker that draws; it starts at once. */
export function workerDrawer(): Drawer {
  const worker = new Worker(new URL('../decode/phantoms.worker.ts', import.meta.url), {
    type: 'module',
    name: 'phantoms',
  });
  const remote: Remote<PhantomsApi> = wrap<PhantomsApi>(worker);
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () =>
      reject(new AppError('worker-failed', 'the worker that draws films.')),
    );
  });
  failed.catch(() => undefined);
  return {
    draw: (set, films) => Promise.race([remote.draw(set, films), failed]),
    close: () => worker.terminate(),
  };
}

interface Wanted {
  readonly plane: Promise<Uint8Array>;
  resolve(plane: Uint8Array): void;
  reject(error: unknown): void;
}

function wanted(): Wanted {
  let settle: Pick<Wanted, 'resolve' | 'reject'> | null = null;
  const plane = new Promise<Uint8Array>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever waits for it is told; a film that nobody waits for may fail unheard.
  plane.catch(() => undefined);
  return { plane, ...settle! };
}

export class DrawnPlanes implements PlaneSource {
  readonly #set: DrawnSet;
  readonly #count: number;
  readonly #makeDrawer: () => Drawer;
  readonly #workers: number;
  /** Films drawn, under way or asked for. */
  readonly #films = new Map<number, Wanted>();
  /** Asked for and not given to a worker yet. */
  #queue: number[] = [];
  /** The next film to draw when none is asked for. */
  #next = 0;
  #idle: Drawer[] = [];
  readonly #busy = new Set<Drawer>();
  #closed = false;
  /** As many films that nobody asked for may be drawn as well. */
  #ahead = 0;

  /** @param count films of the set */
  constructor(
    set: DrawnSet,
    count: number,
    makeDrawer: () => Drawer = workerDrawer,
    workers = defaultWorkers(),
  ) {
    this.#set = set;
    this.#count = count;
    this.#makeDrawer = makeDrawer;
    this.#workers = workers;
  }

  async read(films: Uint32Array): Promise<readonly Uint8Array[]> {
    // Whoever looks at one film before a run does not want others.
    if (films.length > 1) this.#ahead += AHEAD * films.length;
    for (const film of films) if (!this.#films.has(film)) this.#ask(film);
    const planes = Promise.all(Array.from(films, (film) => this.#films.get(film)!.plane));
    this.#dispatch();
    return planes;
  }

  /** Ends the workers. Who still reads gets his films all the same, and no others are drawn. */
  close(): void {
    this.#closed = true;
    for (const drawer of this.#idle) drawer.close();
    this.#idle = [];
  }

  #ask(film: number): void {
    this.#films.set(film, wanted());
    this.#queue.push(film);
  }

  /** The next few films to draw, those that were asked for first. */
  #takeFew(): number[] {
    const few = this.#queue.splice(0, AT_A_TIME);
    if (few.length > 0 || this.#closed) return few;
    const most = Math.min(AT_A_TIME, this.#ahead);
    for (; few.length < most && this.#next < this.#count; this.#next++) {
      if (this.#films.has(this.#next)) continue;
      this.#films.set(this.#next, wanted());
      few.push(this.#next);
    }
    this.#ahead -= few.length;
    return few;
  }

  #dispatch(): void {
    while (this.#busy.size < this.#workers) {
      const few = this.#takeFew();
      if (few.length === 0) {
        this.#rest();
        return;
      }
      const drawer = this.#idle.pop() ?? this.#makeDrawer();
      this.#busy.add(drawer);
      void this.#draw(drawer, few);
    }
  }

  /** Workers that have no film in hand end, unless the next step may want some. */
  #rest(): void {
    if (!this.#closed && this.#next > 0 && this.#next < this.#count) return;
    for (const drawer of this.#idle) drawer.close();
    this.#idle = [];
  }

  async #draw(drawer: Drawer, few: readonly number[]): Promise<void> {
    const area = this.#set.side * this.#set.side;
    try {
      const planes = await drawer.draw(this.#set, few);
      // A copy each: a film that is kept must not keep its neighbours.
      for (const [i, film] of few.entries()) {
        this.#films.get(film)!.resolve(planes.slice(i * area, (i + 1) * area));
      }
      this.#idle.push(drawer);
    } catch (error) {
      drawer.close();
      // The next attempt draws them again.
      for (const film of few) {
        this.#films.get(film)!.reject(error);
        this.#films.delete(film);
      }
    }
    this.#busy.delete(drawer);
    this.#dispatch();
  }
}
