// One run's folder as its writer sees it. A checkpoint is saved in four writes, each of which leaves a whole run behind if
// it is the last: the rows of the curves, the checkpoint under a new name, the record that names it, and only then is
// what is no longer kept removed. So a torn write costs the way back to the checkpoint before, never more.

import { type MetricName, metricNames, type StepSample } from '../protocol/metrics.ts';
import type { KeptCheckpoint, RunRecord } from '../protocol/vault.ts';
import type { Folder } from './folder.ts';
import { blocksOf, Checksum, checksumOf, isCheckpointName, RecordFile } from './records.ts';
import { packRows, readSeries, reorder, SERIES_FILE, seriesOffset } from './seriesFile.ts';

/** What changes in a record beside what the vault itself keeps in it. */
export type RecordPatch = Partial<Omit<RunRecord, 'version' | 'id' | 'checkpoints' | 'series'>>;

export interface NewCheckpoint {
  readonly step: number;
  /** The file from its beginning, in parts of any length. */
  readonly parts: Iterable<Uint8Array>;
  /** See KeptCheckpoint. */
  readonly total: number | null;
  readonly name?: string | null;
  /** Samples that are not in the file of curves yet; older ones among them are overwritten. */
  readonly samples: readonly StepSample[];
  readonly patch: RecordPatch;
}

export interface RestorePoint {
  readonly entry: KeptCheckpoint;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Newer checkpoints that had to be passed over, and why. */
  readonly refused: readonly string[];
}

/** The last two, the one with the lowest loss, and all with a name, oldest first. */
export function retained(checkpoints: readonly KeptCheckpoint[]): KeptCheckpoint[] {
  const measured = checkpoints.filter(({ total }) => total !== null);
  const best = measured.reduce<KeptCheckpoint | null>(
    (low, one) => (low && low.total! <= one.total! ? low : one),
    null,
  );
  const last = checkpoints.slice(-2);
  return checkpoints.filter((one) => one === best || one.name !== null || last.includes(one));
}

export class RunVault {
  readonly folder: Folder;
  readonly #file: RecordFile;
  #record: RunRecord;
  #serial: number;
  /** Writes follow each other; a failed one does not stop the next. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: Folder, file: RecordFile, record: RunRecord, serial: number) {
    this.folder = folder;
    this.#file = file;
    this.#record = record;
    this.#serial = serial;
  }

  /** A run that was not kept before. */
  static async create(folder: Folder, record: RunRecord): Promise<RunVault> {
    const { file } = await RecordFile.open(folder, record.id);
    const vault = new RunVault(folder, file, record, 0);
    await vault.update({});
    return vault;
  }

  /** A run that is there, or null where no whole record of it is. */
  static async open(folder: Folder, id: string): Promise<RunVault | null> {
    const { file, record } = await RecordFile.open(folder, id);
    if (!record) return null;
    const serials = [...(await folder.sizes()).keys()].filter(isCheckpointName).map(serialOf);
    const vault = new RunVault(folder, file, record, Math.max(0, ...serials));
    if (!holdsSame(record.series.metrics, vault.#metrics)) await vault.#rewriteSeries();
    return vault;
  }

  get record(): RunRecord {
    return this.#record;
  }

  /** Changes the record and writes it. */
  update(patch: RecordPatch): Promise<void> {
    return this.#inTurn(() => this.#write({ ...this.#record, ...patch }));
  }

  /** @returns the new checkpoint @throws whatever the storage throws; what was kept before is then still there */
  saveCheckpoint(checkpoint: NewCheckpoint): Promise<KeptCheckpoint> {
    return this.#inTurn(() => this.#saveCheckpoint(checkpoint));
  }

  /** Curves without a checkpoint, as of a run that was read from a file. */
  addRows(samples: readonly StepSample[]): Promise<void> {
    return this.#inTurn(async () => this.#write({ ...this.#record, series: await this.#writeRows(samples) }));
  }

  /** Gives a checkpoint a name, which keeps it, or takes it away. */
  rename(file: string, name: string | null): Promise<void> {
    return this.#inTurn(async () => {
      const checkpoints = this.#record.checkpoints.map((one) => (one.file === file ? { ...one, name } : one));
      await this.#keepOnly({ ...this.#record, checkpoints });
    });
  }

  /** The newest checkpoint at or before `step` that is whole; null where there is none. */
  restorePoint(step = Number.POSITIVE_INFINITY): Promise<RestorePoint | null> {
    return this.#inTurn(async () => {
      const refused: string[] = [];
      const { first, rows } = this.#record.series;
      const samples = await this.#readSeries();
      for (const entry of this.#record.checkpoints.toReversed()) {
        if (entry.step > step) continue;
        const bytes = await this.folder.read(entry.file).catch(() => null);
        const wrong = await whatIsWrong(entry, bytes);
        const gap = rows > samples.length && entry.step > first + samples.length;
        if (!wrong && !gap) return { entry, bytes: bytes!, refused };
        refused.push(`step ${entry.step}: ${wrong ?? 'its curves are damaged'}`);
      }
      return null;
    });
  }

  /** Goes back to a checkpoint: what was kept of later steps is forgotten. */
  rewind(step: number, patch: RecordPatch = {}): Promise<void> {
    return this.#inTurn(async () => {
      const { series, checkpoints, changes } = this.#record;
      await this.#keepOnly({
        ...this.#record,
        step,
        changes: changes.filter((change) => change.step <= step),
        series: { ...series, rows: Math.min(series.rows, Math.max(0, step - series.first)) },
        checkpoints: checkpoints.filter((one) => one.step <= step),
        ...patch,
      });
    });
  }

  /** The curves in the order of the run's metrics. */
  series(): Promise<StepSample[]> {
    return this.#inTurn(() => this.#readSeries());
  }

  /** Resolves once everything asked for so far is on the disk, or has failed. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  async #saveCheckpoint({
    step,
    parts,
    total,
    name = null,
    samples,
    patch,
  }: NewCheckpoint): Promise<KeptCheckpoint> {
    const series = await this.#writeRows(samples);
    const file = `step-${step}-${++this.#serial}.safetensors`;
    const sum = new Checksum();
    let bytes = 0;
    async function* summed() {
      for (const block of blocksOf(parts)) {
        await sum.add(block);
        bytes += block.length;
        yield block;
      }
    }
    try {
      await this.folder.write(file, summed());
    } catch (thrown) {
      await this.folder.remove(file).catch(() => undefined);
      throw thrown;
    }
    const entry = { file, step, bytes, checksum: await sum.value(), savedAt: Date.now(), total, name };
    // A step that was saved before and is saved again was taken again, with the same outcome.
    const others = this.#record.checkpoints.filter((one) => one.step !== step || one.name !== null);
    const checkpoints = [...others, entry].toSorted((a, b) => a.step - b.step);
    await this.#keepOnly({ ...this.#record, ...patch, series, checkpoints });
    return entry;
  }

  async #writeRows(samples: readonly StepSample[]): Promise<RunRecord['series']> {
    const { series } = this.#record;
    if (samples.length === 0) return series;
    const first = series.rows === 0 ? samples[0]!.step : series.first;
    const row = samples[0]!.step - first;
    // In the order in which the rows before were written, which may be that of an earlier version.
    const { metrics } = series;
    const rows = packRows(reorder(samples, this.#metrics, metrics), metrics.length);
    await this.folder.write(SERIES_FILE, [rows], seriesOffset(row, metrics.length));
    return { first, rows: row + samples.length, metrics };
  }

  async #readSeries(): Promise<StepSample[]> {
    const { series } = this.#record;
    return reorder(await readSeries(this.folder, series), series.metrics, this.#metrics);
  }

  get #metrics(): readonly MetricName[] {
    return metricNames(this.#record.config);
  }

  /** Curves stored by a version of the program with other metrics get today's once. */
  async #rewriteSeries(): Promise<void> {
    const samples = await this.#readSeries();
    const record = { ...this.#record, series: { ...this.#record.series, rows: 0, metrics: this.#metrics } };
    this.#record = record;
    await this.#write({ ...record, series: await this.#writeRows(samples) });
  }

  /** Writes the record with the checkpoints that are to stay, then removes the files of the others. */
  async #keepOnly(record: RunRecord): Promise<void> {
    const checkpoints = retained(record.checkpoints);
    await this.#write({ ...record, checkpoints });
    const kept = new Set(checkpoints.map(({ file }) => file));
    for (const name of (await this.folder.sizes()).keys()) {
      if (isCheckpointName(name) && !kept.has(name)) await this.folder.remove(name);
    }
  }

  async #write(record: RunRecord): Promise<void> {
    const next = { ...record, updatedAt: Date.now() };
    await this.#file.write(next);
    this.#record = next;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

const holdsSame = (some: readonly MetricName[], others: readonly MetricName[]): boolean =>
  some.length === others.length && some.every((name) => others.includes(name));

const serialOf = (file: string): number => Number(/-(\d+)\.safetensors$/.exec(file)?.[1] ?? 0);

async function whatIsWrong(entry: KeptCheckpoint, bytes: Uint8Array | null): Promise<string | null> {
  if (!bytes) return 'its file is gone';
  if (bytes.length !== entry.bytes) return 'its file was cut short';
  return (await checksumOf(bytes)) === entry.checksum ? null : 'its file is damaged';
}
