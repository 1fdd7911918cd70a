// An evaluation that trains networks one after the other may be cut anywhere and goes on: what each of them came to is kept as soon
// as it is there, and of the one under way now and then all that its next step depends on. Who evaluates the same again, which is
// said by a key of everything that the numbers depend on, gets what is there already and takes up the training that was cut. Which
// networks are trained, and what their state is, is each task's; where it is kept, the engine's.

import { type Config, keysInForce, SCHEMA } from '../config/schema.ts';
import {
  readSafetensors,
  type StoredTensor,
  safetensorsParts,
  type WritableDtype,
} from '../util/safetensors.ts';
import { list, nullable, number, object, parsePlain, read, text, Unfit, unknown } from '../util/schema.ts';
import { blocksOf, Checksum } from '../vault/records.ts';
import { TASKS, type TaskName } from './records.ts';

/** What a task keeps of a training: numbers by name, and facts that JSON holds. */
export interface Stored {
  readonly facts: unknown;
  readonly tensors: ReadonlyMap<string, StoredTensor<WritableDtype>>;
}

/** A file that outlives the evaluation. */
export interface TrainingsFile {
  /** What was written last and is whole; null where there is nothing. */
  read(): Promise<Uint8Array | null>;
  /** Whether it is time to write, `steps` steps after what was written last. */
  due(steps: number): boolean;
  /** Never rejects: where it cannot be written, the evaluation goes on. @param words where it stands */
  write(parts: readonly Uint8Array[], words: string): Promise<void>;
  /** Lets go of the file; one that is finished is removed. */
  close(finished: boolean): Promise<void>;
}

/** Null where nothing can be kept. */
export type OpenTrainings = (key: string) => Promise<TrainingsFile | null>;

/** Handed to a training, which asks after each step. */
export interface Keep {
  /** @param step steps taken so far */
  due(step: number): boolean;
  /** @param words where it stands, e.g. `epoch 3 of 40` */
  save(step: number, words: string, state: Stored): void;
}

/** Grows with every change after which a state of before would lead to other numbers. */
const VERSION = 1;

/** Everything that the numbers of a task's trainings depend on, beside the films themselves. */
export interface Asked {
  readonly task: TaskName;
  readonly config: Config;
  readonly findings: readonly string[];
  /** Of the films with their labels and parts. */
  readonly fingerprint: string;
  /** What else tells it from others. */
  readonly more?: unknown;
}

/** 64 hex digits. @param weights of the encoder that it begins with */
export async function trainingsKey(
  { task, config, ...asked }: Asked,
  weights: ReadonlyMap<string, { readonly data: Float32Array }>,
): Promise<string> {
  // Settings of other methods are in no checkpoint: a run that was taken up again may have others.
  const keys = keysInForce(config).filter(
    (key) => SCHEMA[key].when !== 'evaluation' || Object.hasOwn(TASKS[task].rows, key),
  );
  const settings = keys.map((key) => [key, config[key]]);
  const sum = new Checksum();
  const words = JSON.stringify([VERSION, task, settings, asked, [...weights.keys()]]);
  const numbers = [...weights.values()].map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  for (const block of blocksOf([new TextEncoder().encode(words), ...numbers])) await sum.add(block);
  return sum.value();
}

const NAMED = object({ name: text(), facts: unknown() });
const DESCRIPTION = object({ done: list(NAMED, 10_000), now: nullable(NAMED), seconds: number });

interface Named {
  readonly name: string;
  readonly stored: Stored;
}

interface State {
  /** By their names, in the order in which they were trained. */
  readonly done: Map<string, Stored>;
  /** The one under way, as it was kept last. */
  now: Named | null;
  /** Spent on all of them. */
  readonly seconds: number;
}

const NOTHING: Pick<State, 'now' | 'seconds'> = { now: null, seconds: 0 };

const NOW = 'now.';
const doneFront = (at: number) => `done.${at}.`;

function partsOf(key: string, { done, now, seconds }: State): Uint8Array[] {
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  const add = (front: string, stored: Stored) => {
    for (const [name, tensor] of stored.tensors) tensors.set(front + name, tensor);
  };
  for (const [at, stored] of [...done.values()].entries()) add(doneFront(at), stored);
  if (now) add(NOW, now.stored);
  const described = (name: string, { facts }: Stored) => ({ name, facts });
  const description = {
    done: [...done].map(([name, stored]) => described(name, stored)),
    now: now && described(now.name, now.stored),
    seconds,
  };
  return safetensorsParts(tensors, { key, trainings: JSON.stringify(description) });
}

/** @throws whatever is wrong with the file */
function readParts(bytes: Uint8Array): State {
  const { tensors, metadata } = readSafetensors(bytes);
  const plain = parsePlain(new TextEncoder().encode(metadata.trainings ?? ''));
  const { done, now, seconds } = read(DESCRIPTION, plain, 'the trainings');
  const behind = (front: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(front))
        .map(([name, tensor]) => [name.slice(front.length), tensor as StoredTensor<WritableDtype>]),
    );
  return {
    seconds,
    done: new Map(
      done.map(({ name, facts }, at) => [name, apart({ facts, tensors: behind(doneFront(at)) })] as const),
    ),
    now: now && { name: now.name, stored: { facts: now.facts, tensors: behind(NOW) } },
  };
}

/** With numbers of its own: those of a file would keep all of it in memory. */
const apart = ({ facts, tensors }: Stored): Stored => ({
  facts,
  tensors: new Map([...tensors].map(([name, { data, ...rest }]) => [name, { ...rest, data: data.slice() }])),
});

export class Trainings {
  readonly #key: string;
  readonly #file: TrainingsFile | null;
  readonly #state: State;
  readonly #since = performance.now();

  private constructor(key: string, file: TrainingsFile | null, state: State) {
    this.#key = key;
    this.#file = file;
    this.#state = state;
  }

  static async open(
    open: OpenTrainings | undefined,
    asked: Asked,
    weights: ReadonlyMap<string, { readonly data: Float32Array }>,
  ): Promise<Trainings> {
    const key = await trainingsKey(asked, weights);
    const file = (await open?.(key)) ?? null;
    const bytes = (await file?.read()) ?? null;
    const fresh = (): State => ({ done: new Map(), ...NOTHING });
    try {
      return new Trainings(key, file, bytes ? readParts(bytes) : fresh());
    } catch {
      // Its checksum was right, so it is of another version: of no use, and nothing is lost but time.
      return new Trainings(key, file, fresh());
    }
  }

  /** Opens them for some work, and lets go of them: nothing needs to be kept any more if it goes through. */
  static async during<T>(
    open: OpenTrainings | undefined,
    asked: Asked,
    weights: ReadonlyMap<string, { readonly data: Float32Array }>,
    work: (trainings: Trainings) => Promise<T>,
  ): Promise<T> {
    const trainings = await Trainings.open(open, asked, weights);
    try {
      const found = await work(trainings);
      await trainings.close(true);
      return found;
    } finally {
      await trainings.close(false);
    }
  }

  /** Spent before a cut. */
  get secondsBefore(): number {
    return this.#state.seconds;
  }

  /** What a training of this name came to before, or comes to now; one whose state cannot be understood begins anew. */
  async run(name: string, train: (from: Stored | null, keep: Keep) => Promise<Stored>): Promise<Stored> {
    const { done, now } = this.#state;
    const known = done.get(name);
    if (known) return known;
    const from = now?.name === name ? now.stored : null;
    let written: number | null = null;
    const keep: Keep = {
      due: (step) => {
        written ??= step - 1;
        return this.#file?.due(step - written) ?? false;
      },
      save: (step, words, stored) => {
        written = step;
        this.#state.now = { name, stored };
        this.#write(`${name}, ${words}`);
      },
    };
    const found = await train(from, keep).catch((thrown: unknown) => {
      if (from && thrown instanceof Unfit) return train(null, keep);
      throw thrown;
    });
    done.set(name, found);
    this.#state.now = null;
    this.#write(`${name}, trained`);
    return found;
  }

  /** @param finished all there is to train has been trained, and nothing needs to be kept any more */
  async close(finished: boolean): Promise<void> {
    await this.#file?.close(finished);
  }

  #write(words: string): void {
    if (!this.#file) return;
    const seconds = this.#state.seconds + (performance.now() - this.#since) / 1000;
    void this.#file.write(partsOf(this.#key, { ...this.#state, seconds }), words);
  }
}
