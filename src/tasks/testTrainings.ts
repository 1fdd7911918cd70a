// Test helper: a disk in memory on which evaluations keep their trainings, and a cut somewhere in one. Imported by tests only.

import { AppError } from '../util/errors.ts';
import type { OpenTrainings } from './trainings.ts';

/** Files by key, as bytes, written after every so many steps. */
export class TestDisk {
  readonly files = new Map<string, Uint8Array>();
  /** Of each write, where it stood. */
  readonly words: string[] = [];
  readonly #every: number;

  constructor(every: number) {
    this.#every = every;
  }

  readonly open: OpenTrainings = async (key) => ({
    read: async () => this.files.get(key) ?? null,
    due: (steps) => steps >= this.#every,
    write: async (parts, words) => {
      this.words.push(words);
      this.files.set(key, Uint8Array.from(Buffer.concat(parts)));
    },
    close: async (finished) => {
      if (finished) this.files.delete(key);
    },
  });
}

/** Awaited between pieces of work; calls off at the one that is named, 0 for none. */
export function cutting(at: number): () => Promise<void> {
  let times = 0;
  return async () => {
    if (++times === at) throw new AppError('cancelled');
  };
}
