// Where the engine keeps runs, and what the disk has to say meanwhile. They are kept in the browser's storage, or in memory where
// that is refused, which still brings a run over the loss of a device. Whether the next checkpoint fits, what went wrong, how much
// the run takes: the run itself never stops for it; each trouble is told once until a checkpoint goes through again.

import type { EngineEvent, KeptStatus, Notice } from '../../protocol/engine.ts';
import type { KeepingPolicy } from '../../protocol/vault.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { formatBytes } from '../../util/format.ts';
import { openEvaluations } from '../../vault/evaluationFile.ts';
import { MemoryStorage, type RunStorage } from '../../vault/folder.ts';
import { openRuns } from '../../vault/runs.ts';
import type { RunVault } from '../../vault/runVault.ts';
import type { TestFaults } from '../engine/faultInjection.ts';
import { EvaluationKeeper, type KeptOf } from './evaluationKeeper.ts';
import { RunKeeper } from './runKeeper.ts';
import type { Begun } from './runRecord.ts';

export type Tell = (event: Extract<EngineEvent, { type: 'kept' | 'notice' | 'evaluation-kept' }>) => void;

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

const NOTHING_LASTS =
  'A lost device costs nothing, but a closed tab costs the run: save the model as a file now and then.';

export class EngineStorage {
  readonly #faults: TestFaults | null;
  readonly #tell: Tell;
  #opened: Promise<RunStorage> | null = null;
  #evaluations: Promise<RunStorage> | null = null;

  constructor(faults: TestFaults | null, tell: Tell) {
    this.#faults = faults;
    this.#tell = tell;
  }

  get(): Promise<RunStorage> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async begin(run: Pretrainer, begun: Begun): Promise<RunKeeper> {
    const storage = await this.get();
    try {
      return await RunKeeper.begin(storage, run, begun, this.#tell);
    } catch (thrown) {
      this.#refuse(thrown instanceof Error ? thrown.message : String(thrown));
      return RunKeeper.begin(new MemoryStorage(), run, begun, this.#tell);
    }
  }

  /** How far an evaluation is that trains; null where another tab keeps the same. */
  async evaluation(key: string, of: KeptOf, policy: () => KeepingPolicy): Promise<EvaluationKeeper | null> {
    this.#evaluations ??= openEvaluations().then((storage) => this.#faults?.storage(storage) ?? storage);
    return EvaluationKeeper.open(await this.#evaluations, key, of, policy, this.#tell);
  }

  async take(id: string): Promise<RunKeeper | null> {
    return RunKeeper.open(await this.get(), id, this.#tell);
  }

  async #open(): Promise<RunStorage> {
    const denied = this.#faults?.take('no-storage');
    const { storage, refusal } = denied
      ? { storage: new MemoryStorage(), refusal: 'made up by a test' }
      : await openRuns();
    if (refusal) this.#refuse(refusal);
    return this.#faults?.storage(storage) ?? storage;
  }

  #refuse(reason: string): void {
    const text = `Nothing of this run is kept in the browser: ${reason}.`;
    this.#tell({ type: 'notice', notice: { kind: 'storage', text, hint: NOTHING_LASTS } });
  }
}
