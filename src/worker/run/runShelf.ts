// Where the engine keeps runs: the browser's storage, or memory where that is refused, which still brings a run over the
// loss of a device. Opened at the first need.

import type { Pretrainer } from '../../train/pretrain.ts';
import type { Shelf } from '../../vault/folder.ts';
import { MemoryShelf } from '../../vault/folder.ts';
import { openRuns } from '../../vault/runs.ts';
import type { TestFaults } from '../engine/faultInjection.ts';
import { RunKeeper } from './runKeeper.ts';
import type { Tell } from './runKeeperStorage.ts';
import type { Begun } from './runRecord.ts';

const NOTHING_LASTS =
  'A lost device costs nothing, but a closed tab costs the run: save the model as a file now and then.';

export class EngineShelf {
  readonly #faults: TestFaults | null;
  readonly #tell: Tell;
  #opened: Promise<Shelf> | null = null;

  constructor(faults: TestFaults | null, tell: Tell) {
    this.#faults = faults;
    this.#tell = tell;
  }

  get(): Promise<Shelf> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async begin(run: Pretrainer, begun: Begun): Promise<RunKeeper> {
    const shelf = await this.get();
    try {
      return await RunKeeper.begin(shelf, run, begun, this.#tell);
    } catch (thrown) {
      this.#refuse(thrown instanceof Error ? thrown.message : String(thrown));
      return RunKeeper.begin(new MemoryShelf(), run, begun, this.#tell);
    }
  }

  async take(id: string): Promise<RunKeeper | null> {
    return RunKeeper.open(await this.get(), id, this.#tell);
  }

  async #open(): Promise<Shelf> {
    const denied = this.#faults?.take('no-storage');
    const { shelf, refusal } = denied
      ? { shelf: new MemoryShelf(), refusal: 'made up by a test' }
      : await openRuns();
    if (refusal) this.#refuse(refusal);
    return this.#faults?.shelf(shelf) ?? shelf;
  }

  #refuse(reason: string): void {
    const text = `Nothing of this run is kept in the browser: ${reason}.`;
    this.#tell({ type: 'notice', notice: { kind: 'storage', text, hint: NOTHING_LASTS } });
  }
}
