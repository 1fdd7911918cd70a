// How far an evaluation that trains has come, as a file beside the report to come. The page keeps it in its storage, which is gone
// with the runner's profile; so each time it is kept there it is fetched from there, and before the same is evaluated again it is
// put back.

import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunnerEvent } from '../../src/headless.ts';
import type { EngineSession } from './session.ts';

const FILE = 'evaluation-under-way.safetensors';

export class KeptEvaluation {
  /** Times that something was written, by an earlier call as well. */
  writes: number;
  readonly #file: string;
  #session: EngineSession | null = null;
  #saving: Promise<void> | null = null;
  /** Something was kept while the one before was still being fetched. */
  #stale = false;

  constructor(folder: string) {
    this.#file = path.join(folder, FILE);
    this.writes = Number(existsSync(this.#file));
  }

  /** Puts back what an earlier call left, and fetches what is kept from now on. */
  async begin(session: EngineSession): Promise<void> {
    this.#session = session;
    if (!existsSync(this.#file)) return;
    await session.give('kept', [this.#file]);
    await session.call('giveKept');
  }

  hear({ type }: RunnerEvent): void {
    if (type !== 'evaluation-kept') return;
    this.#stale = true;
    this.#saving ??= this.#follow().finally(() => {
      this.#saving = null;
    });
  }

  /** The evaluation is over, and its report written. */
  async end(): Promise<void> {
    this.#session = null;
    await this.#saving;
    await rm(this.#file, { force: true });
  }

  async #follow(): Promise<void> {
    while (this.#stale && this.#session) {
      this.#stale = false;
      await this.#save(this.#session);
    }
  }

  /** A browser that is gone, or a state that was removed meanwhile, leaves the file as it is. */
  async #save(session: EngineSession): Promise<void> {
    try {
      await session.save(`${this.#file}.part`, 'saveKept', undefined);
      await rename(`${this.#file}.part`, this.#file);
      this.writes++;
    } catch {
      await rm(`${this.#file}.part`, { force: true });
    }
  }
}
