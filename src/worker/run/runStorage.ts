// Where the engine keeps runs: the browser's storage, or memory where that is refused, which still brings a run over the
// loss of a device. Opened at the first need.

import type { Pretrainer } from '../../train/pretrain.ts';
import { MemoryStorage, type RunStorage } from '../../vault/folder.ts';
import { openRuns } from '../../vault/runs.ts';
import type { TestFaults } from '../engine/faultInjection.ts';
import { RunKeeper } from './runKeeper.ts';
import type { Tell } from './runKeeperStorage.ts';
import type { Begun } from './runRecord.ts';

const NOTHING_LASTS =
  'A lost device costs nothing, but a closed tab costs the run: save the model as a file now and then.';

export class EngineStorage {
  readonly #faults: TestFaults | null;
  readonly #tell: Tell;
  #opened: Promise<RunStorage> | null = null;

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
