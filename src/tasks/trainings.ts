// An evaluation that trains networks one after the other may be cut anywhere and goes on: what each of them came to is kept as soon
// as it is there, and of the one under way now and then all that its next step depends on. Who evaluates the same again, which is
// said by a key of everything that the numbers depend on, gets what is there already and takes up the training that was cut. Which
// networks are trained, and what their state is, is each task's; where it is kept, the engine's.

import { CONFIG_KEYS, type Config, SCHEMA } from '../config/schema.ts';
import {
  readSafetensors,
  type StoredTensor,
  safetensorsParts,
  type WritableDtype,
} from '../util/safetensors.ts';
import { list, nullable, object, parsePlain, read, text, unknown } from '../util/schema.ts';
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
  const keys = CONFIG_KEYS.filter(
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
const DESCRIPTION = object({ done: list(NAMED, 10_000), now: nullable(NAMED) });

interface Named {
  readonly name: string;
  readonly stored: Stored;
}

const NOW = 'now.';
const doneFront = (at: number) => `done.${at}.`;

function partsOf(key: string, done: ReadonlyMap<string, Stored>, now: Named | null): Uint8Array[] {
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
  };
  return safetensorsParts(tensors, { key, trainings: JSON.stringify(description) });
}

/** @throws whatever is wrong with the file */
function readParts(bytes: Uint8Array): { done: Map<string, Stored>; now: Named | null } {
  const { tensors, metadata } = readSafetensors(bytes);
  const plain = parsePlain(new TextEncoder().encode(metadata.trainings ?? ''));
  const { done, now } = read(DESCRIPTION, plain, 'the trainings');
  const behind = (front: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(front))
        .map(([name, tensor]) => [name.slice(front.length), tensor as StoredTensor<WritableDtype>]),
    );
  return {
    done: new Map(
      done.map(({ name, facts }, at) => [name, { facts, tensors: behind(doneFront(at)) }] as const),
    ),
    now: now && { name: now.name, stored: { facts: now.facts, tensors: behind(NOW) } },
  };
}

export class Trainings {
  readonly #key: string;
  readonly #file: TrainingsFile | null;
  readonly #done: Map<string, Stored>;
  #now: Named | null;

  private constructor(key: string, file: TrainingsFile | null, done: Map<string, Stored>, now: Named | null) {
    this.#key = key;
    this.#file = file;
    this.#done = done;
    this.#now = now;
  }

  static async open(
    open: OpenTrainings | undefined,
    asked: Asked,
    weights: ReadonlyMap<string, { readonly data: Float32Array }>,
  ): Promise<Trainings> {
    const key = await trainingsKey(asked, weights);
    const file = (await open?.(key)) ?? null;
    const bytes = (await file?.read()) ?? null;
    try {
      const { done, now } = bytes ? readParts(bytes) : { done: new Map<string, Stored>(), now: null };
      return new Trainings(key, file, done, now);
    } catch {
      // Its checksum was right, so it is of another version: of no use, and nothing is lost but time.
      return new Trainings(key, file, new Map(), null);
    }
  }

  /** What a training of this name came to before, or comes to now. */
  async run(name: string, train: (from: Stored | null, keep: Keep) => Promise<Stored>): Promise<Stored> {
    const known = this.#done.get(name);
    if (known) return known;
    const from = this.#now?.name === name ? this.#now.stored : null;
    let written: number | null = null;
    const keep: Keep = {
      due: (step) => {
        written ??= step - 1;
        return this.#file?.due(step - written) ?? false;
      },
      save: (step, words, stored) => {
        written = step;
        this.#now = { name, stored };
        this.#write(`${name}, ${words}`);
      },
    };
    const found = await train(from, keep);
    this.#done.set(name, found);
    this.#now = null;
    this.#write(`${name}, trained`);
    return found;
  }

  /** @param finished all there is to train has been trained, and nothing needs to be kept any more */
  async close(finished: boolean): Promise<void> {
    await this.#file?.close(finished);
  }

  #write(words: string): void {
    void this.#file?.write(partsOf(this.#key, this.#done, this.#now), words);
  }
}
