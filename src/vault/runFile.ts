// A run as one file to carry elsewhere: a zip of tables that other programs read too. `manifest.json` says what is in it,
// with length and SHA-256 of each part; `run.json` holds name, record and scores; `series.safetensors` the curves;
// `checkpoint.safetensors` the model; `diagnostics.safetensors`, where there is any, what looks at the run measured. Never an image. Names of films only where they are asked for, in `films.jsonl`.

import { zipSync } from 'fflate';
import { type MetricName, metricNames, type StepSample } from '../protocol/metrics.ts';
import type { RunRecord } from '../protocol/vault.ts';
import type { Evaluation } from '../tasks/records.ts';
import { writeSafetensors } from '../util/safetensors.ts';
import { checksumOf } from './records.ts';

export const RUN_FORMAT = 'mlvicx-run';
export const RUN_FORMAT_VERSION = 1;
export const RUN_EXTENSION = '.mlvicx.zip';

/** Every part by its name in the file, and the most bytes it may unpack to. */
export const PARTS = {
  'manifest.json': 1 << 20,
  'run.json': 64 << 20,
  'series.safetensors': 1 << 30,
  'checkpoint.safetensors': 0x7fff_0000,
  'films.jsonl': 256 << 20,
  'diagnostics.safetensors': 64 << 20,
} as const;
export type PartName = keyof typeof PARTS;

/** What a run file holds, whole and checked. */
export interface RunFile {
  readonly name: string;
  readonly record: RunRecord;
  readonly evaluations: readonly Evaluation[];
  readonly samples: readonly StepSample[];
  readonly checkpoint: Uint8Array<ArrayBuffer> | null;
  /** Names of films as vault/filmList.ts keeps them; null unless they were asked for. */
  readonly films: Uint8Array<ArrayBuffer> | null;
  /** Snapshots as diagnostics/snapshot.ts writes them; null where nothing was measured. */
  readonly diagnostics: Uint8Array<ArrayBuffer> | null;
}

/** Curves as a table: [steps, 2 + metrics] doubles, their columns named in the metadata. */
export function packSeries(
  samples: readonly StepSample[],
  metrics: readonly MetricName[],
): Uint8Array<ArrayBuffer> {
  const width = metrics.length + 2;
  const data = new Float64Array(samples.length * width);
  samples.forEach(({ step, activeSeconds, values }, i) => {
    data.set([step, activeSeconds], i * width);
    data.set(values.subarray(0, metrics.length), i * width + 2);
  });
  const tensor = { dtype: 'F64', shape: [samples.length, width], data } as const;
  const columns = JSON.stringify(['step', 'active_seconds', ...metrics]);
  return writeSafetensors(new Map([['series', tensor]]), { columns });
}

const encode = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(value, null, 1));

/** What a record says of this browser's files and of failures stays here. */
function carried(record: RunRecord): RunRecord {
  return {
    ...record,
    checkpoints: [],
    series: { first: 0, rows: 0, metrics: metricNames(record.config) },
    failure: null,
  };
}

/** Parts are stored as they are: weights and doubles hardly shrink. */
export async function writeRunFile(run: RunFile): Promise<Uint8Array<ArrayBuffer>> {
  const { name, record, evaluations, samples, checkpoint, films, diagnostics } = run;
  const parts: [PartName, Uint8Array][] = [
    ['run.json', encode({ name, record: carried(record), evaluations })],
    ['series.safetensors', packSeries(samples, metricNames(record.config))],
  ];
  if (checkpoint) parts.push(['checkpoint.safetensors', checkpoint]);
  if (films) parts.push(['films.jsonl', films]);
  if (diagnostics) parts.push(['diagnostics.safetensors', diagnostics]);
  const listed: Record<string, { bytes: number; sha256: string }> = {};
  for (const [part, bytes] of parts) {
    listed[part] = { bytes: bytes.length, sha256: await checksumOf(bytes) };
  }
  const manifest = encode({ format: RUN_FORMAT, version: RUN_FORMAT_VERSION, parts: listed });
  return zipSync(Object.fromEntries([['manifest.json', manifest], ...parts]), {
    level: 0,
  }) as Uint8Array<ArrayBuffer>;
}
