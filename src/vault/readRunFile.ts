// Reading a run file that may come from anyone. Names and sizes are looked at before a byte is unpacked, lengths and
// checksums before a part is understood, and every value before it is passed on: a file is taken whole or refused with
// the reason, and until the end nothing is written anywhere. The run's record is rebuilt from its schema: what is not known is
// dropped, and nothing of a stranger's object is passed on.

import { unzipSync } from 'fflate';
import { readSnapshots } from '../diagnostics/snapshot.ts';
import { type MetricName, metricNames, type StepSample } from '../protocol/metrics.ts';
import { RUN_CHANGE, RUN_ENTRIES, RUN_MARK, type RunRecord } from '../protocol/vault.ts';
import { readEvaluations } from '../tasks/records.ts';
import { AppError } from '../util/errors.ts';
import { readSafetensors } from '../util/safetensors.ts';
import {
  count,
  dictionary,
  list,
  number,
  object,
  parsePlain,
  read,
  string,
  text,
  Unfit,
  unknown,
} from '../util/schema.ts';
import { checksumOf } from './records.ts';
import { PARTS, type PartName, RUN_FORMAT, RUN_FORMAT_VERSION, type RunFile } from './runFile.ts';
import { reorder } from './seriesFile.ts';

/** Packing by other programs may shrink text by much, but never by this. */
const MOST_RATIO = 200;
const NEEDED: readonly PartName[] = ['manifest.json', 'run.json', 'series.safetensors'];

const isPart = (name: string): name is PartName => Object.hasOwn(PARTS, name);
const quote = (name: string) => JSON.stringify(name.slice(0, 80));

/** Looks at every entry of the zip's directory; unpacks when all are as expected. */
function unpack(bytes: Uint8Array): Map<PartName, Uint8Array<ArrayBuffer>> {
  const seen = new Set<string>();
  const refusals: string[] = [];
  const look = (name: string, packed: number, unpacked: number, method: number): void => {
    if (!isPart(name)) throw new Unfit(`it holds ${quote(name)}, which does not belong in a run file`);
    if (seen.has(name)) throw new Unfit(`it holds ${name} twice`);
    seen.add(name);
    if (method !== 0 && method !== 8) throw new Unfit(`${name} is packed in an unknown way`);
    if (unpacked > PARTS[name])
      throw new Unfit(`${name} claims ${unpacked} bytes; ${PARTS[name]} are the most`);
    if (unpacked > packed * MOST_RATIO + 65_536 || packed > bytes.length) {
      throw new Unfit(`${name} claims to unpack ${packed} to ${unpacked} bytes`);
    }
  };
  let parts: Record<string, Uint8Array>;
  try {
    // A first pass takes nothing, so that one bad entry keeps all from being unpacked.
    unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        look(name, size, originalSize, compression);
        return false;
      },
    });
    parts = unzipSync(bytes);
  } catch (thrown) {
    if (thrown instanceof Unfit) throw thrown;
    throw new Unfit('it is not a zip, or is cut short');
  }
  for (const name of NEEDED) if (!seen.has(name)) refusals.push(name);
  if (refusals.length > 0) throw new Unfit(`it lacks ${refusals.join(', ')}`);
  return new Map(Object.entries(parts) as [PartName, Uint8Array<ArrayBuffer>][]);
}

const CLAIM = object({ bytes: count, sha256: string('is not text') });

async function checkParts(parts: ReadonlyMap<PartName, Uint8Array>): Promise<void> {
  const manifest = parsePlain(parts.get('manifest.json')!);
  if (manifest.format !== RUN_FORMAT) throw new Unfit('its manifest is of something else');
  if (manifest.version !== RUN_FORMAT_VERSION) {
    throw new Unfit(
      `it is of version ${quote(String(manifest.version))}; this program reads ${RUN_FORMAT_VERSION}`,
    );
  }
  const listed = read(dictionary(unknown(), 100), manifest.parts, 'the list of parts');
  const names = [...parts.keys()].filter((name) => name !== 'manifest.json');
  for (const name of Object.keys(listed)) {
    if (!names.some((one) => one === name)) throw new Unfit(`it lacks ${quote(name)}`);
  }
  for (const name of names) {
    const claim = read(CLAIM, listed[name], `the entry of ${name}`);
    const bytes = parts.get(name)!;
    if (claim.bytes !== bytes.length) throw new Unfit(`${name} is cut short`);
    if (claim.sha256 !== (await checksumOf(bytes)))
      throw new Unfit(`${name} has another checksum than its manifest says`);
  }
}

function readColumns(metadata: Readonly<Record<string, string>>): string[] {
  const columns = parsePlain(new TextEncoder().encode(`{"columns":${metadata.columns ?? 'null'}}`)).columns;
  return [...read(list(text(), 1000), columns, 'the columns of the curves')];
}

/** Steps follow each other; values of metrics that the method does not have are dropped. */
function readSamples(bytes: Uint8Array, wanted: readonly MetricName[]): StepSample[] {
  const { tensors, metadata } = readSafetensors(bytes);
  const columns = readColumns(metadata);
  const [series, ...more] = [...tensors];
  if (more.length > 0 || series?.[0] !== 'series') throw new Unfit('its curves are not one table');
  const { dtype, shape, data } = series[1];
  const [rows = 0, width = 0] = shape;
  if (dtype !== 'F64' || shape.length !== 2 || width !== columns.length || width < 2) {
    throw new Unfit(`its curves have the shape [${shape.join(', ')}] for ${columns.length} columns`);
  }
  if (columns[0] !== 'step' || columns[1] !== 'active_seconds')
    throw new Unfit('its curves do not begin with the step');
  const table = data as Float64Array;
  const samples = Array.from({ length: rows }, (_, i) => ({
    step: read(count, table[i * width], `step of row ${i}`),
    activeSeconds: read(number, table[i * width + 1], `time of row ${i}`),
    values: table.slice(i * width + 2, (i + 1) * width),
  }));
  const gap = samples.findIndex(({ step }, i) => step !== samples[0]!.step + i);
  if (gap >= 0) throw new Unfit(`the steps of its curves do not follow each other at row ${gap}`);
  return reorder(samples, columns.slice(2) as MetricName[], wanted);
}

/** What the checkpoint says of itself must be what the record says. Its weights are the engine's to check. */
function checkCheckpoint(bytes: Uint8Array, step: number): void {
  const { metadata } = readSafetensors(bytes);
  if (metadata.step !== String(step)) {
    throw new Unfit(`its checkpoint is of step ${quote(metadata.step ?? '')}, its record of ${step}`);
  }
}

/** A line per film, as vault/filmList.ts writes them. */
function checkFilms(bytes: Uint8Array): void {
  const lines = new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('\n').filter(Boolean);
  for (const [i, line] of lines.entries()) {
    const { film } = parsePlain(new TextEncoder().encode(`{"film":${line}}`));
    const [path, digest] = Array.isArray(film) ? (film as unknown[]) : [];
    read(text(4096), path, `the name of film ${i}`);
    read(number, digest, `the digest of film ${i}`);
  }
}

async function readParts(bytes: Uint8Array): Promise<RunFile> {
  const parts = unpack(bytes);
  await checkParts(parts);
  const run = parsePlain(parts.get('run.json')!);
  const entry = readRecord(run.record);
  const checkpoint = parts.get('checkpoint.safetensors') ?? null;
  if (checkpoint) checkCheckpoint(checkpoint, entry.step);
  const samples = readSamples(parts.get('series.safetensors')!, metricNames(entry.config));
  const films = parts.get('films.jsonl') ?? null;
  if (films) checkFilms(films);
  const diagnostics = parts.get('diagnostics.safetensors') ?? null;
  if (diagnostics) readSnapshots(diagnostics);
  const last = samples.at(-1);
  if (last && last.step >= entry.step) throw new Unfit('its curves go on beyond its last step');
  return {
    name: read(text(200), run.name, 'the name').trim() || 'Run from a file',
    record: entry,
    evaluations: readEvaluations(run),
    samples,
    checkpoint,
    films,
    diagnostics,
  };
}

/** @throws AppError run-file-invalid with the reason */
export async function readRunFile(bytes: Uint8Array): Promise<RunFile> {
  try {
    return await readParts(bytes);
  } catch (thrown) {
    if (thrown instanceof Unfit) throw new AppError('run-file-invalid', `${thrown.message}.`);
    if (thrown instanceof AppError) throw new AppError('run-file-invalid', thrown.message, { cause: thrown });
    throw new AppError('run-file-invalid', 'it could not be understood.', { cause: thrown });
  }
}

const MOST_MARKS = 10_000;

const { checkpoints: _, series: __, failure: ___, ...CARRIED } = RUN_ENTRIES;
const CARRIED_RECORD = object({
  ...CARRIED,
  changes: list(RUN_CHANGE, MOST_MARKS),
  marks: list(RUN_MARK, MOST_MARKS),
  last: dictionary(unknown(), 1000),
});

/** The record without what speaks of files: those are entered anew where the run is put in. @throws Unfit */
export function readRecord(raw: unknown): RunRecord {
  const { last, ...carried } = read(CARRIED_RECORD, raw, 'the record');
  const metrics = metricNames(carried.config);
  const known = metrics.filter((name) => typeof last[name] === 'number');
  return {
    ...carried,
    checkpoints: [],
    series: { first: 0, rows: 0, metrics },
    last: Object.fromEntries(known.map((name) => [name, last[name] as number])),
    failure: null,
  };
}
