// A pool of buffers as the backend keeps one, and a tape as training keeps one, in sizes alone. The plan of a step
// (memoryPlan.ts) is played on them before anything is allocated: what it takes at most is what the GPU will be asked for.
// The rules are those of gpu/kernel.ts, gpu/runtime.ts and nn/tape.ts; a test holds them against the real thing.

const FLOAT = 4;
/** As nn/tape.ts: smaller maps are kept. */
const WORTH_FREEING = 256 * 1024;

export interface Block {
  readonly floats: number;
  free: boolean;
}

/** Buffers of one size are used again; those of other sizes are not, and none is given back. */
export class Pool {
  readonly #live = new Map<number, number>();
  readonly #most = new Map<number, number>();

  take(floats: number): Block {
    const live = (this.#live.get(floats) ?? 0) + 1;
    this.#live.set(floats, live);
    this.#most.set(floats, Math.max(live, this.#most.get(floats) ?? 0));
    return { floats, free: false };
  }

  give(block: Block): void {
    if (block.free) return;
    block.free = true;
    this.#live.set(block.floats, this.#live.get(block.floats)! - 1);
  }

  /** Takes scratch memory of these sizes, which comes in powers of two, all at once; all is given back by the call. */
  scratch(...floats: number[]): () => void {
    const blocks = floats.map((size) => this.take(2 ** Math.ceil(Math.log2(Math.max(1, size)))));
    return () => {
      for (const block of blocks) this.give(block);
    };
  }

  /** Bytes of every buffer made so far. */
  get bytes(): number {
    return [...this.#most].reduce((sum, [floats, count]) => sum + floats * count * FLOAT, 0);
  }
}

interface Entry {
  readonly output: Block;
  readonly saved: readonly Block[];
  readonly readsOutput?: boolean;
  readonly again?: () => Block;
  readonly costly?: 'once' | 'often';
  /** Owns the gradient it receives: gives it back or hands it on. */
  readonly backward: (gradient: Block) => void;
}

/** As TapeOptions of nn/tape.ts. */
export interface PlanOptions {
  readonly recompute: boolean;
  readonly half: boolean;
}

export class PlanTape {
  readonly pool: Pool;
  readonly #options: PlanOptions;
  readonly #onParameter: (gradient: Block) => void;
  readonly #entries: Entry[] = [];
  readonly #recipes = new Map<Block, Entry>();
  readonly #again = new Map<Block, Block>();
  readonly #halves = new Map<Block, Block>();
  readonly #gradients = new Map<Block, Block>();
  readonly #parameters: Block[] = [];

  constructor(pool: Pool, options: PlanOptions, onParameter: (gradient: Block) => void) {
    this.pool = pool;
    this.#options = options;
    this.#onParameter = onParameter;
  }

  record(entry: Entry): void {
    this.#entries.push(entry);
    if (entry.again) this.#recipes.set(entry.output, entry);
  }

  putAway(block: Block, anchor = false): void {
    if (block.free || block.floats * FLOAT < WORTH_FREEING) return;
    const { recompute, half } = this.#options;
    const recipe = this.#recipes.get(block);
    const stays = !recipe || (recompute ? anchor : recipe.costly !== undefined);
    if (stays && !half) return;
    if (stays) this.#halves.set(block, this.pool.take(Math.ceil(block.floats / 2)));
    this.pool.give(block);
  }

  value(block: Block): void {
    if (!block.free || this.#again.has(block)) return;
    const half = this.#halves.has(block);
    this.#again.set(block, half ? this.pool.take(block.floats) : this.#recipes.get(block)!.again!());
  }

  /** Makes a block from another, which is freed again where it was made for this alone: first if the result takes its place. */
  madeFrom(block: Block, floats: number, inPlace: boolean, alsoNeeds?: Block): Block {
    const dear = !this.#halves.has(block) && this.#recipes.get(block)?.costly === 'once';
    const stays = this.#again.has(block) || dear;
    const own = block.free && !stays;
    this.value(block);
    const borrowed = alsoNeeds?.free && !this.#again.has(alsoNeeds) ? alsoNeeds : null;
    if (borrowed) this.value(borrowed);
    if (own && inPlace) this.release(block);
    const made = this.pool.take(floats);
    if (borrowed) this.release(borrowed);
    if (own) this.release(block);
    return made;
  }

  release(block: Block): void {
    const made = this.#again.get(block);
    if (made) this.pool.give(made);
    this.#again.delete(block);
  }

  give(block: Block, gradient: Block): void {
    if (this.#gradients.has(block)) this.pool.give(gradient);
    else this.#gradients.set(block, gradient);
  }

  hasGradient(block: Block): boolean {
    return this.#gradients.has(block);
  }

  /** The gradient of a parameter of this size. */
  giveParameter(floats: number): void {
    this.#parameters.push(this.pool.take(floats));
  }

  backward(): void {
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      if (!entry.readsOutput) this.#free(entry.output);
      const gradient = this.#gradients.get(entry.output);
      this.#gradients.delete(entry.output);
      if (gradient) entry.backward(gradient);
      for (const block of this.#parameters.splice(0)) this.#onParameter(block);
      this.#free(entry.output);
      for (const block of entry.saved) this.pool.give(block);
    }
  }

  #free(block: Block): void {
    this.pool.give(block);
    this.release(block);
    const half = this.#halves.get(block);
    if (half) this.pool.give(half);
    this.#halves.delete(block);
  }
}
