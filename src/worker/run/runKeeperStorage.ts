// What the disk has to say while a run is kept: whether the next checkpoint still fits, what went wrong, how much the run
// takes. The run itself never stops for it; each trouble is told once until a checkpoint goes through again.

import type { EngineEvent, KeptStatus, Notice } from '../../protocol/engine.ts';
import { formatBytes } from '../../util/format.ts';
import type { RunStorage } from '../../vault/folder.ts';
import type { RunVault } from '../../vault/runVault.ts';

export type Tell = (event: Extract<EngineEvent, { type: 'kept' | 'notice' }>) => void;

/** Beside the checkpoint: curves and records. */
const SPARE_BYTES = 1 << 20;
/** Room for fewer checkpoints than this is told before it is gone. */
const WARN_BELOW = 4;

const MAKE_ROOM = 'Delete runs that are no longer needed under Runs, or free disk space.';

export class StorageWatch {
  readonly #storage: RunStorage;
  readonly #vault: RunVault;
  readonly #tell: Tell;
  #told = '';

  constructor(storage: RunStorage, vault: RunVault, tell: Tell) {
    this.#storage = storage;
    this.#vault = vault;
    this.#tell = tell;
  }

  /** Whether a checkpoint of so many bytes may be written. Until it is whole, those before it stay as they are. */
  async takes(step: number, bytes: number): Promise<boolean> {
    const free = await this.#storage.free().catch(() => null);
    if (free === null || free >= WARN_BELOW * bytes + SPARE_BYTES) return true;
    const room = `a checkpoint takes ${formatBytes(bytes)}, and the browser allows ${formatBytes(free)} more`;
    if (free >= bytes + SPARE_BYTES) {
      this.#say('low', `Storage runs low: ${room}.`, MAKE_ROOM);
      return true;
    }
    this.#say('full', `Step ${step} could not be kept: ${room}. ${this.#standing()}`, MAKE_ROOM);
    return false;
  }

  failed(step: number, thrown: unknown): void {
    const full = thrown instanceof DOMException && thrown.name === 'QuotaExceededError';
    const reason = full ? 'the disk is full' : thrown instanceof Error ? thrown.message : String(thrown);
    const hint = full
      ? MAKE_ROOM
      : 'It is tried again at the next checkpoint; save the model as a file to be sure.';
    this.#say('failed', `Step ${step} could not be kept: ${reason}. ${this.#standing()}`, hint);
  }

  /** A checkpoint went through. */
  async saved(): Promise<void> {
    if (this.#told !== 'low') this.#told = '';
    this.#tell({ type: 'kept', kept: await this.status() });
  }

  async status(): Promise<KeptStatus> {
    const { record, folder } = this.#vault;
    const sizes = await folder.sizes();
    return {
      runId: record.id,
      lasting: this.#storage.lasting,
      bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
      free: await this.#storage.free().catch(() => null),
      checkpoints: record.checkpoints,
    };
  }

  #standing(): string {
    const newest = this.#vault.record.checkpoints.at(-1);
    return newest ? `The run goes on; what is kept of it is step ${newest.step}.` : 'The run goes on.';
  }

  #say(what: string, text: string, hint: string): void {
    if (this.#told === what) return;
    this.#told = what;
    const notice: Notice = { kind: 'storage', text, hint };
    this.#tell({ type: 'notice', notice });
  }
}
