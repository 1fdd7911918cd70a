// What a run leaves behind: metrics.jsonl (a line per step, names as in the page) and report.json. A report
// may be handed on, so it holds counts and reasons, never the names of films or patients.

import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SampleRecord } from '../../src/headless.ts';
import type { DatasetSummary, SeenFilms } from '../../src/protocol/dataset.ts';
import type { MetricName } from '../../src/protocol/metrics.ts';
import { ruleWithoutFiles } from '../../src/study/state.ts';
import { list, nullable, object, read, text } from '../../src/util/schema.ts';

/** Appends samples as lines; a metric that was not measured, or is not a number, is null. */
export class MetricsFile {
  readonly #stream: WriteStream;
  readonly #metrics: readonly MetricName[];
  lines = 0;
  /** Steps that waited for films to be read, and for how long in all. */
  readonly waits = { steps: 0, lastStep: -1, seconds: 0 };
  last: Readonly<Record<string, number | null>> = {};

  /** `metrics` are those of the run. */
  constructor(folder: string, metrics: readonly MetricName[]) {
    this.#metrics = metrics;
    this.#stream = createWriteStream(path.join(folder, 'metrics.jsonl'));
  }

  append(samples: readonly SampleRecord[]): void {
    for (const { step, activeSeconds, values } of samples) {
      const named = this.#metrics.map((name, i) => [name, values[i] ?? null] as const);
      this.last = Object.fromEntries(named);
      this.#stream.write(`${JSON.stringify({ step, activeSeconds, ...this.last })}\n`);
      this.lines++;
      this.#noteWait(step, this.last['speed/data-wait'] ?? 0);
    }
  }

  #noteWait(step: number, seconds: number): void {
    if (seconds <= 0) return;
    this.waits.steps += 1;
    this.waits.lastStep = step;
    this.waits.seconds += seconds;
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.end(() => resolve());
    });
  }
}

/** Skipped files by reason, most frequent first. */
function reasons(summary: Omit<DatasetSummary, 'filmTable'>) {
  const groups = new Map<string, { code: string; reason: string; files: number }>();
  for (const { error } of summary.skipped) {
    const group = groups.get(error.message) ?? { code: error.code, reason: error.message, files: 0 };
    groups.set(error.message, { ...group, files: group.files + 1 });
  }
  return [...groups.values()].sort((a, b) => b.files - a.files);
}

/** Examples and notes that name a file are left out, and so is its name in the rule of the split. */
function labelReport(labels: DatasetSummary['labels']) {
  if (!labels) return null;
  const { file: _file, examples: _examples, ...counts } = labels;
  return {
    ...counts,
    notes: (labels.notes ?? []).filter((note) => !/\.(csv|tsv|tab|psv|txt|text|lst|list)\b/i.test(note)),
  };
}

/** The data set in numbers. */
export function dataReport(summary: Omit<DatasetSummary, 'filmTable'>) {
  const { synthetic, films, patients, leftOut, counts, labels, fingerprint, seconds } = summary;
  return {
    synthetic,
    films,
    patients,
    leftOut,
    findings: counts,
    splitRule: ruleWithoutFiles(summary),
    labels: labelReport(labels),
    skipped: reasons(summary),
    fingerprint,
    seconds,
  };
}

const SEEN_FILE = 'pretrained-on.json';

/** Kept apart from the checkpoint, which may be handed on: it names the folder and tells whoever has a film that it was in there. */
export async function writeSeen(folder: string, [seen]: readonly SeenFilms[]): Promise<void> {
  if (seen?.hashes) await writeFile(path.join(folder, SEEN_FILE), `${JSON.stringify(seen)}\n`);
}

const SEEN = object({ fingerprint: text(100), name: nullable(text()), hashes: list(text(100), 2_000_000) });

/** What was written beside a checkpoint; undefined where nothing was. @throws Unfit */
export async function readSeen(checkpoint: string): Promise<SeenFilms | undefined> {
  const file = path.join(path.dirname(checkpoint), SEEN_FILE);
  const written = await readFile(file, 'utf8').catch(() => null);
  return written === null ? undefined : read(SEEN, JSON.parse(written), SEEN_FILE);
}

export async function makeFolder(folder: string): Promise<string> {
  const full = path.resolve(folder);
  await mkdir(full, { recursive: true });
  return full;
}

export const writeReport = (folder: string, report: object) =>
  writeFile(path.join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
