// Keeps how far an evaluation that trains has come while it goes on (tasks/trainings.ts), by the policy by which runs are kept.
// Whoever has it at hand holds a Web Lock: a second tab that evaluates the same does so without keeping anything. The evaluation
// never stops for the disk; what cannot be written is told once.

import type { KeepingPolicy } from '../../protocol/vault.ts';
import type { TaskName } from '../../tasks/records.ts';
import type { TrainingsFile } from '../../tasks/trainings.ts';
import { formatBytes } from '../../util/format.ts';
import { EvaluationFile } from '../../vault/evaluationFile.ts';
import type { RunStorage } from '../../vault/folder.ts';
import { holdRun } from './runKeeper.ts';
import type { Tell } from './runStorage.ts';

/** Of what, and of whose encoder. */
export interface KeptOf {
  readonly task: TaskName;
  /** It is a piece of a study, which takes it up by itself. */
  readonly study: boolean;
  readonly runId: string | null;
}

const HINT =
  'The evaluation goes on; if it is cut, it begins again from what is kept. Free disk space to keep more.';
/** Beside the state. */
const SPARE_BYTES = 1 << 20;

export class EvaluationKeeper implements TrainingsFile {
  readonly #storage: RunStorage;
  readonly #file: EvaluationFile;
  readonly #release: () => void;
  readonly #of: KeptOf;
  readonly #policy: () => KeepingPolicy;
  readonly #tell: Tell;
  #writing: Promise<void> | null = null;
  #writtenAt = performance.now();
  #writeSeconds = 0;
  #told = false;
  #closed = false;

  private constructor(
    storage: RunStorage,
    key: string,
    release: () => void,
    of: KeptOf,
    policy: () => KeepingPolicy,
    tell: Tell,
  ) {
    this.#storage = storage;
    this.#file = new EvaluationFile(storage, key);
    this.#release = release;
    this.#of = of;
    this.#policy = policy;
    this.#tell = tell;
  }

  /** Null where another tab keeps the same. */
  static async open(
    storage: RunStorage,
    key: string,
    of: KeptOf,
    policy: () => KeepingPolicy,
    tell: Tell,
  ): Promise<EvaluationKeeper | null> {
    const release = await holdRun(key).catch(() => null);
    return release && new EvaluationKeeper(storage, key, release, of, policy, tell);
  }

  read(): Promise<Uint8Array | null> {
    return this.#file.read().catch(() => null);
  }

  due(steps: number): boolean {
    if (this.#writing) return false;
    const { everySteps, everySeconds, writingShare } = this.#policy();
    const seconds = (performance.now() - this.#writtenAt) / 1000;
    if (writingShare < 1 && seconds < this.#writeSeconds / writingShare) return false;
    return seconds >= everySeconds || steps >= everySteps;
  }

  write(parts: readonly Uint8Array[], words: string): Promise<void> {
    const before = this.#writing ?? Promise.resolve();
    const writing = before
      .then(() => this.#write(parts, words))
      .catch((thrown: unknown) => this.#say(thrown instanceof Error ? thrown.message : String(thrown)))
      .finally(() => {
        if (this.#writing === writing) this.#writing = null;
      });
    this.#writing = writing;
    return writing;
  }

  async close(finished: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    // What cannot be removed is of no harm: it is found again only by who asks for the same, and makes room for others.
    if (finished) await this.#file.remove().catch(() => undefined);
    this.#release();
  }

  async #write(parts: readonly Uint8Array[], words: string): Promise<void> {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const free = await this.#storage.free().catch(() => null);
    if (free !== null && free < bytes + SPARE_BYTES) {
      this.#say(`it takes ${formatBytes(bytes)}, and the browser allows ${formatBytes(free)} more`);
      return;
    }
    const before = performance.now();
    const { task, study, runId } = this.#of;
    await this.#file.write(parts, { savedAt: Date.now(), task, runId, words });
    this.#writtenAt = performance.now();
    this.#writeSeconds = (this.#writtenAt - before) / 1000;
    this.#told = false;
    this.#tell({ type: 'evaluation-kept', task, study, words });
  }

  #say(reason: string): void {
    if (this.#told) return;
    this.#told = true;
    const text = `How far the evaluation is could not be kept: ${reason}.`;
    this.#tell({ type: 'notice', notice: { kind: 'storage', text, hint: HINT } });
  }
}
