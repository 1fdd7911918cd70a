// Keeps the run at hand in the browser's storage while it goes on. A checkpoint copies the device's state between two steps;
// its bytes come back and are written while later steps run, and it counts only once every step before it has been
// seen to be in order. So no broken state ever takes the place of a good one. Whoever keeps a run holds a Web Lock, so that
// only one engine has it, in this tab or any other.

import { checkpointParts, firstNotFinite } from '../../checkpoint/checkpoint.ts';
import { type Snapshot, withSnapshot } from '../../diagnostics/snapshot.ts';
import { commonValue, type StepSample } from '../../protocol/metrics.ts';
import {
  type KeepingPolicy,
  type RunChange,
  type RunMark,
  type RunRecord,
  runLockName,
} from '../../protocol/vault.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { AppError } from '../../util/errors.ts';
import type { RunStorage } from '../../vault/folder.ts';
import { type RestorePoint, RunVault } from '../../vault/runVault.ts';
import { readKeptSnapshots, writeKeptSnapshots } from '../../vault/seriesFile.ts';
import { type Begun, LossThumbnail, lastOf, mean, recordOf } from './runRecord.ts';
import { StorageWatch, type Tell } from './runStorage.ts';

export class RunKeeper {
  readonly #vault: RunVault;
  readonly #storage: StorageWatch;
  readonly #release: () => void;
  /** Samples that are not in the vault yet, and the step that the next one belongs to. */
  #unsaved: StepSample[] = [];
  #next: number;
  #thumbnail = new LossThumbnail();
  /** What looks have measured, and whether the file lacks any of it. */
  #snapshots: readonly Snapshot[];
  #unsavedSnapshots = false;
  /** Their file is written once at a time. */
  #writingSnapshots: Promise<void> = Promise.resolve();
  #marks: RunMark[];
  #state: RunRecord['state'];
  #waiting: { step: number; go: () => void }[] = [];
  /** Grows when checkpoints that are not written yet have become worthless. */
  #generation = 0;
  #work: Promise<void> | null = null;
  #savedStep = -1;
  #savedAt = performance.now();
  #writeSeconds = 0;
  #broken: AppError | null = null;

  private constructor(
    vault: RunVault,
    storage: StorageWatch,
    release: () => void,
    samples: readonly StepSample[],
    snapshots: readonly Snapshot[],
  ) {
    this.#snapshots = snapshots;
    this.#vault = vault;
    this.#storage = storage;
    this.#release = release;
    const { step, marks, state } = vault.record;
    this.#next = step;
    this.#marks = [...marks];
    this.#state = state;
    for (const sample of samples) this.#thumbnail.add(commonValue(sample, 'loss/total'));
  }

  /** Begins to keep a run that stands where it was prepared. */
  static async begin(storage: RunStorage, run: Pretrainer, begun: Begun, tell: Tell): Promise<RunKeeper> {
    const id = crypto.randomUUID();
    const release = await holdRun(id);
    try {
      const vault = await RunVault.create(await storage.open(id), recordOf(id, run, begun));
      return new RunKeeper(vault, new StorageWatch(storage, vault, tell), release, [], []);
    } catch (thrown) {
      release();
      throw thrown;
    }
  }

  /** Takes hold of a run that was kept before; null where there is none. @throws AppError run-in-use */
  static async open(storage: RunStorage, id: string, tell: Tell): Promise<RunKeeper | null> {
    const release = await holdRun(id);
    const vault = await RunVault.open(await storage.open(id), id);
    if (vault) {
      const [samples, snapshots] = [await vault.series(), await readKeptSnapshots(vault.folder)];
      return new RunKeeper(vault, new StorageWatch(storage, vault, tell), release, samples, snapshots);
    }
    release();
    return null;
  }

  get id(): string {
    return this.#vault.record.id;
  }

  get record(): RunRecord {
    return this.#vault.record;
  }

  /** The step whose sample is expected next. */
  get next(): number {
    return this.#next;
  }

  /** The last checkpoint held NaN or infinity, although the loss did not. @throws AppError model-broken */
  refuseBroken(): void {
    if (this.#broken) throw this.#broken;
  }

  /** A step in order, told to the page. */
  note(sample: StepSample): void {
    this.#unsaved.push(sample);
    this.#next = sample.step + 1;
    this.#thumbnail.add(commonValue(sample, 'loss/total'));
    this.#wake();
  }

  /** What a look measured. It is measured beside the run, and may come after the checkpoint that it belongs to: the last one. */
  look(snapshot: Snapshot): void {
    this.#snapshots = withSnapshot(this.#snapshots, snapshot, this.record.config.diagnoseEvery);
    this.#unsavedSnapshots = true;
    if (snapshot.step < this.#savedStep)
      void this.#quietly(this.#keepLate(this.#savedStep, this.#generation));
  }

  async #keepLate(step: number, generation: number): Promise<void> {
    await this.#work;
    // Where the checkpoint was not written, its run begins anew before it.
    if (generation === this.#generation && step <= this.#newest()) await this.#writeSnapshots(step);
  }

  mark(mark: RunMark): void {
    this.#marks.push(mark);
  }

  change(change: RunChange): void {
    this.#quietly(this.#vault.update({ changes: [...this.record.changes, change] }));
  }

  /** Whether it is time for a checkpoint. `step` steps have been submitted. */
  due(step: number, { everySteps, everySeconds, writingShare }: KeepingPolicy): boolean {
    if (this.#work) return false;
    const seconds = (performance.now() - this.#savedAt) / 1000;
    if (writingShare < 1 && seconds < this.#writeSeconds / writingShare) return false;
    return seconds >= everySeconds || step - this.#savedStep >= everySteps;
  }

  /**
   * Resolves when training may go on: at once, unless writing may take all of the time and the next checkpoint is due while
   * one is under way. One whose own steps are still to be noted is not waited for: they come from the same loop.
   */
  async keptPace(step: number, { everySteps, writingShare }: KeepingPolicy): Promise<void> {
    if (writingShare < 1 || step - this.#savedStep < everySteps || this.#next < this.#savedStep) return;
    await this.#work;
  }

  /** Copies the state now; resolves once the checkpoint is on the disk, or will not be. Never rejects. */
  saveCheckpoint(run: Pretrainer, name: string | null = null): Promise<void> {
    this.#savedStep = run.step;
    this.#savedAt = performance.now();
    const work = this.#finish(run, name, this.#generation).finally(() => {
      if (this.#work === work) this.#work = null;
    });
    this.#work = work;
    return work;
  }

  /** The run was halted in this state; `keep` says whether to write a checkpoint of where it stands. */
  async settle(run: Pretrainer, state: RunRecord['state'], keep: boolean): Promise<void> {
    await this.#work;
    this.#state = state;
    if (keep && run.step !== this.#newest() && run.step === this.#next) await this.saveCheckpoint(run);
    const marks = [...this.#marks];
    if (this.record.state !== state || this.record.marks.length !== marks.length) {
      await this.#quietly(this.#vault.update({ state, marks }));
    }
  }

  /** What the record says of the state from now on; it is written with the next checkpoint at the latest. */
  enter(state: RunRecord['state']): void {
    this.#state = state;
    if (state !== this.record.state) this.#quietly(this.#vault.update({ state, marks: [...this.#marks] }));
  }

  fail(failure: RunRecord['failure']): void {
    this.abandon();
    this.#state = 'failed';
    this.#quietly(this.#vault.update({ state: 'failed', failure, marks: [...this.#marks] }));
  }

  /** Checkpoints that are not written yet must not be kept: something went wrong after or before them. */
  abandon(): void {
    this.#generation++;
    this.#broken = null;
    this.#work = null;
    this.#wake(true);
  }

  /** What is being written is waited for; a state that has not come back from the device yet is not. */
  restorePoint(): Promise<RestorePoint | null> {
    return this.#vault.restorePoint();
  }

  /** Every sample so far, kept or not, in order. */
  async samples(): Promise<StepSample[]> {
    const kept = await this.#vault.series();
    const [first] = this.#unsaved;
    return [...kept.filter(({ step }) => !first || step < first.step), ...this.#unsaved];
  }

  /** The run goes on with other films than before. */
  async refit(run: Pretrainer, data: RunRecord['data']): Promise<void> {
    const { totalSteps, stepsPerEpoch } = run;
    await this.#vault.update({ data, totalSteps, stepsPerEpoch });
  }

  /** The run goes on from `step`, what came after is forgotten. */
  async rewind(step: number): Promise<void> {
    this.abandon();
    await this.#vault.settled();
    this.#unsaved = this.#unsaved.filter((sample) => sample.step < step);
    this.#marks = this.#marks.filter((mark) => mark.step <= step);
    this.#snapshots = this.#snapshots.filter((snapshot) => snapshot.step < step);
    this.#unsavedSnapshots = true;
    this.#next = step;
    this.#savedStep = step;
    await this.#vault.rewind(step, { marks: [...this.#marks], failure: null });
    this.#thumbnail = new LossThumbnail();
    for (const sample of await this.samples()) this.#thumbnail.add(commonValue(sample, 'loss/total'));
  }

  /** Lets go of the run once what is under way has been written. */
  async close(): Promise<void> {
    await this.#work;
    await this.#writingSnapshots;
    await this.#vault.settled();
    this.#release();
  }

  kept() {
    return this.#storage.status();
  }

  async #finish(run: Pretrainer, name: string | null, generation: number): Promise<void> {
    const { step } = run;
    // A capture fails with its device, which is the engine's matter.
    const checkpoint = await run.capture().catch(() => null);
    await this.#reaches(step, generation);
    if (generation !== this.#generation || !checkpoint) return;
    const bad = firstNotFinite(checkpoint);
    if (bad) {
      this.#broken = new AppError('model-broken', `${bad} holds NaN or infinity after step ${step - 1}.`);
      return;
    }
    try {
      await this.#write(step, name, checkpointParts(checkpoint));
    } catch (thrown) {
      this.#storage.failed(step, thrown);
    }
  }

  async #write(step: number, name: string | null, parts: readonly Uint8Array[]): Promise<void> {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (!(await this.#storage.takes(step, bytes))) return;
    const samples = this.#unsaved.filter((sample) => sample.step < step);
    const before = performance.now();
    const total = mean(samples.map((sample) => commonValue(sample, 'loss/total')));
    await this.#vault.saveCheckpoint({ step, parts, total, name, samples, patch: this.#patch(step) });
    await this.#writeSnapshots(step);
    this.#writeSeconds = (performance.now() - before) / 1000;
    this.#unsaved = this.#unsaved.filter((sample) => sample.step >= step);
    await this.#storage.saved();
  }

  /** Those before a step; a run that goes on from there measures the later ones again. */
  #writeSnapshots(step: number): Promise<void> {
    const writing = this.#writingSnapshots.then(async () => {
      if (!this.#unsavedSnapshots) return;
      this.#unsavedSnapshots = this.#snapshots.some((snapshot) => snapshot.step >= step);
      await writeKeptSnapshots(
        this.#vault.folder,
        this.#snapshots.filter((snapshot) => snapshot.step < step),
      );
    });
    this.#writingSnapshots = writing.catch(() => undefined);
    return writing;
  }

  #patch(step: number) {
    const newest = this.#unsaved.filter((sample) => sample.step < step).at(-1);
    const last = newest && { last: lastOf(newest, this.record.config), activeSeconds: newest.activeSeconds };
    const thumbnail = this.#thumbnail.means().map((mean) => Number(mean.toPrecision(4)));
    return { step, state: this.#state, marks: [...this.#marks], thumbnail, ...last };
  }

  #newest(): number {
    return this.record.checkpoints.at(-1)?.step ?? -1;
  }

  /** Resolves when every step before has been noted, or never will be. */
  #reaches(step: number, generation: number): Promise<void> {
    if (this.#next >= step || generation !== this.#generation) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ step, go }));
  }

  /** Lets those go on whose step has been reached, or all. */
  #wake(all = false): void {
    const free = this.#waiting.filter(({ step }) => all || this.#next >= step);
    this.#waiting = this.#waiting.filter((one) => !free.includes(one));
    for (const { go } of free) go();
  }

  #quietly(writing: Promise<void>): Promise<void> {
    return writing.catch((thrown: unknown) => this.#storage.failed(this.#next, thrown));
  }
}

/** A worker that was just ended may hold its lock a little longer. */
const PATIENCE_MS = 1500;

/**
 * Returns the way to let go. Where the browser refuses locks, it refuses storage too, and no other tab can have the run.
 * @throws AppError run-in-use
 */
export function holdRun(id: string): Promise<() => void> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(() => undefined);
  return new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve(release));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const refused = (cause: unknown) =>
      signal.aborted ? reject(new AppError('run-in-use', '', { cause })) : resolve(() => undefined);
    locks.request(runLockName(id), { signal }, held).catch(refused);
  });
}
