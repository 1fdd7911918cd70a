// What is measured of a run, as files in its folder. Its curves: a row of doubles per step, (step, active seconds, values,
// check); steps follow each other without a gap, so a row's place is its step, and a step taken again overwrites its row with the
// same numbers. And its looks: they are no part of the run's state, and where they are damaged the run is whole without them.

import { readSnapshots, type Snapshot, writeSnapshots } from '../diagnostics/snapshot.ts';
import type { MetricName, StepSample } from '../protocol/metrics.ts';
import type { Folder } from './folder.ts';

export const SERIES_FILE = 'series';
/** step and active seconds before the values, the check behind them. */
const EXTRA = 3;

/** FNV-1a over 32-bit words: enough to tell a row that was cut or never written. */
function checkOf(row: Float64Array): number {
  const words = new Uint32Array(row.buffer, row.byteOffset, 2 * (row.length - 1));
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return hash >>> 0;
}

/** Rows of samples in the order of their metrics, ready to be written from `seriesOffset` of the first on. */
export function packRows(samples: readonly StepSample[], metrics: number): Uint8Array<ArrayBuffer> {
  const width = metrics + EXTRA;
  const rows = new Float64Array(samples.length * width);
  samples.forEach(({ step, activeSeconds, values }, i) => {
    const row = rows.subarray(i * width, (i + 1) * width);
    row[0] = step;
    row[1] = activeSeconds;
    row.set(values.subarray(0, metrics), 2);
    row[width - 1] = checkOf(row);
  });
  return new Uint8Array(rows.buffer);
}

export const seriesOffset = (row: number, metrics: number): number => row * (metrics + EXTRA) * 8;

/** The samples of at most `rows` rows, up to the first that is not whole; `first` is the step of row 0. */
function unpackRows(bytes: Uint8Array, first: number, rows: number, metrics: number): StepSample[] {
  const width = metrics + EXTRA;
  const whole = Math.min(rows, Math.floor(bytes.length / (8 * width)));
  const all = new Float64Array(bytes.slice(0, whole * width * 8).buffer);
  const samples: StepSample[] = [];
  for (let i = 0; i < whole; i++) {
    const row = all.subarray(i * width, (i + 1) * width);
    if (row[0] !== first + i || row[width - 1] !== checkOf(row)) break;
    samples.push({ step: row[0], activeSeconds: row[1]!, values: row.slice(2, 2 + metrics) });
  }
  return samples;
}

/** Brings values that were stored under `stored` names into the order of `wanted`; what was not stored is NaN. */
export function reorder(
  samples: readonly StepSample[],
  stored: readonly MetricName[],
  wanted: readonly MetricName[],
): StepSample[] {
  const places = wanted.map((name) => stored.indexOf(name));
  if (stored.length === wanted.length && places.every((place, i) => place === i)) return [...samples];
  return samples.map(({ values, ...rest }) => ({
    ...rest,
    values: Float64Array.from(places, (place) => (place < 0 ? Number.NaN : values[place]!)),
  }));
}

/** @throws whatever the storage throws */
export async function readSeries(
  folder: Folder,
  { first, rows, metrics }: { first: number; rows: number; metrics: readonly MetricName[] },
): Promise<StepSample[]> {
  const bytes = await folder.read(SERIES_FILE);
  return bytes ? unpackRows(bytes, first, rows, metrics.length) : [];
}

export const SNAPSHOT_FILE = 'diagnostics';

/** @throws whatever the storage throws */
export async function readKeptSnapshots(folder: Folder): Promise<readonly Snapshot[]> {
  const bytes = await folder.read(SNAPSHOT_FILE);
  if (!bytes) return [];
  try {
    return readSnapshots(bytes);
  } catch {
    return [];
  }
}

/** @throws whatever the storage throws */
export const writeKeptSnapshots = (folder: Folder, snapshots: readonly Snapshot[]): Promise<void> =>
  folder.write(SNAPSHOT_FILE, [writeSnapshots(snapshots)]);
