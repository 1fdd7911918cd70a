// The layers of nn/ played in sizes (memoryPool.ts): what each makes, saves for its backward pass and takes for a moment.

import type { Block, PlanTape, Pool } from './memoryPool.ts';
import { densePartials, filterPartials, type Machine, normPartials } from './memoryScratch.ts';

const VIEWS = 2;

export interface MapShape {
  readonly channels: number;
  readonly side: number;
}

/** A map [films, side, side, channels], or with side 1 a matrix. */
export type PlanMap = Block & MapShape;

export class PlanLayers {
  readonly pool: Pool;
  readonly tape: PlanTape;
  readonly films: number;
  readonly #machine: Machine;

  constructor(pool: Pool, tape: PlanTape, films: number, machine: Machine) {
    this.pool = pool;
    this.tape = tape;
    this.films = films;
    this.#machine = machine;
  }

  make(shape: MapShape, rows = this.films): PlanMap {
    return Object.assign(this.pool.take(rows * shape.side * shape.side * shape.channels), shape);
  }

  conv(x: PlanMap, kernel: number, stride: number, channels: number, isImage = false): PlanMap {
    const { pool, tape, films } = this;
    const y = this.make({ channels, side: Math.ceil(x.side / stride) });
    const filter = { kernel, inputs: x.channels, outputs: channels, films, side: y.side };
    tape.record({
      output: y,
      saved: [],
      again: () => tape.madeFrom(x, y.floats, false),
      costly: isImage ? 'often' : 'once',
      backward: (dy) => {
        tape.value(x);
        this.#during(filterPartials(this.#machine, filter), () =>
          tape.giveParameter(kernel * kernel * x.channels * channels),
        );
        if (!isImage) tape.give(x, pool.take(x.floats));
        pool.give(dy);
      },
    });
    return y;
  }

  norm(x: PlanMap, relu: boolean, residual?: Block): PlanMap {
    const { pool, tape } = this;
    const { channels, side } = x;
    const partials = normPartials(x.floats / channels / VIEWS, channels);
    const y = this.make({ channels, side }, x.floats / channels / side ** 2);
    const stats = pool.take(2 * VIEWS * channels);
    this.#during(partials);
    tape.record({
      output: y,
      saved: [stats],
      readsOutput: relu && residual !== undefined,
      again: () => tape.madeFrom(x, x.floats, true, residual),
      backward: (dy) => {
        tape.value(x);
        if (relu && residual) tape.value(y);
        this.#during(partials, () => {
          tape.giveParameter(channels);
          tape.giveParameter(channels);
          if (residual) tape.give(residual, pool.take(x.floats));
        });
        tape.give(x, dy);
      },
    });
    tape.putAway(x);
    return y;
  }

  attend(x: PlanMap): PlanMap {
    const { pool, tape, films } = this;
    const { channels: c, side } = x;
    const [pixels, half] = [films * side * side, Math.floor(c / 2)];
    const out = this.make({ channels: c, side });
    const saved = [films * c, pixels, 3 * films * c, 2 * films * half, 3 * pixels].map((n) => pool.take(n));
    const chunks = Math.max(1, Math.min(64, Math.floor((films * side) / 8)));
    const scratch = [pixels, 2 * pixels, 98 * chunks, films * c, 2 * films * half, 2 * films * c];
    tape.record({
      output: out,
      saved,
      again: () => tape.madeFrom(x, x.floats, true),
      backward: (dout) => {
        tape.value(x);
        this.#during(scratch, () => {
          for (const floats of [c * half, c * half, 98]) tape.giveParameter(floats);
        });
        tape.give(x, dout);
      },
    });
    tape.putAway(x);
    return out;
  }

  pooled(x: PlanMap): PlanMap {
    const y = this.make({ channels: x.channels, side: Math.ceil(x.side / 2) });
    this.#plain(x, y, () => this.tape.value(x));
    return y;
  }

  mean(x: PlanMap): PlanMap {
    const y = this.make({ channels: x.channels, side: 1 });
    this.#plain(x, y);
    return y;
  }

  /** One level into the summary, whose memory is kept: what is new is gradients. Returns the chain's next link. */
  summarise(map: PlanMap, before: Block | null): Block {
    const { pool, tape } = this;
    const link = pool.take(0);
    tape.record({
      output: link,
      saved: [],
      backward: (dout) => {
        if (!tape.hasGradient(map)) tape.give(map, pool.take(map.floats));
        if (before) tape.give(before, dout);
        else pool.give(dout);
      },
    });
    return link;
  }

  /** [rows, inner] to [rows, outputs]; without `biases`, weights and biases are not trained. */
  linear(
    x: PlanMap,
    { rows, inner, outputs }: { rows: number; inner: number; outputs: number },
    biases: number | null,
  ): PlanMap {
    const { pool, tape } = this;
    const y = this.make({ channels: outputs, side: 1 }, rows);
    this.#during(densePartials(this.#machine, rows, inner, outputs, true));
    tape.record({
      output: y,
      saved: [],
      backward: (dy) => {
        if (biases !== null) {
          this.#during(densePartials(this.#machine, inner, rows, outputs), () =>
            tape.giveParameter(inner * outputs),
          );
          tape.giveParameter(biases);
        }
        this.#during(densePartials(this.#machine, rows, outputs, inner), () =>
          tape.give(x, pool.take(rows * inner)),
        );
        pool.give(dy);
      },
    });
    return y;
  }

  /** A map that only its input's gradient follows from. */
  #plain(x: PlanMap, y: PlanMap, need: () => void = () => {}): void {
    this.tape.record({
      output: y,
      saved: [],
      backward: (dy) => {
        need();
        this.tape.give(x, this.pool.take(x.floats));
        this.pool.give(dy);
      },
    });
  }

  /** Scratch of these sizes while outputs are made; kernels make their outputs first. */
  #during(scratch: readonly number[], outputs: () => void = () => {}): void {
    outputs();
    this.pool.scratch(...scratch)();
  }
}
