// What a study leaves in its folder. `work/` holds a file for every finished piece, written whole or not at all, and of each run
// its newest checkpoint and its curves; the reports beside it are made anew from them after every piece.

import { appendFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SampleRecord } from '../../src/headless.ts';
import { METHODS } from '../../src/methods/records.ts';
import type { MetricName } from '../../src/protocol/metrics.ts';
import { studyCsv, studyJson, studyTex } from '../../src/study/report/files.ts';
import { studyHtml } from '../../src/study/report/html.ts';
import { columnsOf, columnWords, measuresOf, type StudySpec } from '../../src/study/spec.ts';
import {
  beginStudy,
  type Finished,
  PARTS,
  readState,
  type StudyData,
  type StudyState,
  withFinished,
} from '../../src/study/state.ts';
import { sweepRows, sweptScore, sweptText } from '../../src/study/sweep.ts';
import { studyTable } from '../../src/study/table.ts';
import { scoreText } from '../../src/tasks/compared/record.ts';
import { AppError } from '../../src/util/errors.ts';
import { UsageError } from './arguments.ts';
import { KeptEvaluation } from './keptEvaluation.ts';
import { makeFolder } from './outputs.ts';

/** A step in a run's curves. */
export interface CurveLine {
  readonly step: number;
  readonly seconds: number;
  readonly [metric: MetricName]: number | null;
}

const absent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

async function readOr<T>(file: string, parse: (text: string) => T, otherwise: T): Promise<T> {
  try {
    return parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (absent(error)) return otherwise;
    throw new AppError('internal', `${path.basename(file)} of the study cannot be read: ${error}.`);
  }
}

/** In whole or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}

export class StudyFolder {
  readonly path: string;
  /** Pieces and checkpoints written by this process: whether it has got anywhere. */
  writes = 0;
  /** How far the scoring at hand is, by a task that trains. */
  readonly kept: KeptEvaluation;
  #state: StudyState;

  private constructor(folder: string, state: StudyState) {
    this.path = folder;
    this.kept = new KeptEvaluation(path.join(folder, 'work'));
    this.#state = state;
  }

  get state(): StudyState {
    return this.#state;
  }

  /** @throws UsageError where the folder holds another study */
  static async open(out: string, spec: StudySpec): Promise<StudyFolder> {
    const folder = await makeFolder(out);
    await mkdir(path.join(folder, 'work'), { recursive: true });
    const plan = await readOr<unknown>(path.join(folder, 'work', 'plan.json'), JSON.parse, null);
    const fresh = beginStudy(spec, Date.now());
    if (plan === null) return new StudyFolder(folder, readState(fresh));
    const pieces = await StudyFolder.#pieces(folder);
    const state = readState({ ...(plan as object), ...pieces });
    if (JSON.stringify(state.spec) !== JSON.stringify(readState(fresh).spec)) {
      throw new UsageError(`${out} holds another study; give this one another --out, or the same settings.`);
    }
    return new StudyFolder(folder, state);
  }

  static async #pieces(folder: string): Promise<Record<string, Record<string, unknown>>> {
    const found = Object.fromEntries(PARTS.map((part) => [part, {} as Record<string, unknown>]));
    for (const name of await readdir(path.join(folder, 'work'))) {
      const [, id, part] = /^(.+)\.(\w+)\.json$/.exec(name) ?? [];
      if (!id || !part || !found[part]) continue;
      found[part][id] = await readOr<unknown>(path.join(folder, 'work', name), JSON.parse, undefined);
    }
    return found;
  }

  /** The films and the adapter are known. */
  async begin(data: StudyData, adapter: string): Promise<StudyState> {
    this.#state = { ...this.#state, data, adapter };
    const { trained, tried, scored, failed, ...plan } = this.#state;
    await writeWhole(this.#file('plan.json'), JSON.stringify(plan));
    return this.#state;
  }

  async keep(finished: Finished): Promise<void> {
    const { part, id, value } = finished;
    await writeWhole(this.#file(`${id}.${part}.json`), JSON.stringify(value));
    this.#state = withFinished(this.#state, finished);
    this.writes++;
    await this.report();
  }

  async report(): Promise<void> {
    const files = {
      'study.json': studyJson(this.#state),
      'study.csv': studyCsv(this.#state),
      'study.tex': studyTex(this.#state),
      'report.html': studyHtml(this.#state),
    };
    for (const [name, text] of Object.entries(files)) await writeWhole(path.join(this.path, name), text);
  }

  /** Of a run, its newest; written beside and put in its place when it is whole. */
  checkpoint = (id: string): string => this.#file(`${id}.safetensors`);

  async putCheckpoint(id: string, written: string): Promise<void> {
    await rename(written, this.checkpoint(id));
    this.writes++;
  }

  async addCurve(id: string, lines: readonly CurveLine[]): Promise<void> {
    await appendFile(this.#file(`${id}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** The steps before `end`, the last word on each: a step that was repeated stands there twice. */
  async curve(id: string, end: number): Promise<readonly CurveLine[]> {
    const text = await readOr(this.#file(`${id}.jsonl`), String, '');
    const bySteps = new Map<number, CurveLine>();
    for (const line of text.split('\n').filter(Boolean)) {
      try {
        const read: CurveLine = JSON.parse(line);
        if (read.step < end) bySteps.set(read.step, read);
      } catch {
        // The line at which the process was cut off.
      }
    }
    return [...bySteps.values()].sort((a, b) => a.step - b.step);
  }

  /** The table as lines of text. */
  printed(): string {
    if (this.#state.spec.films === 'validation') return this.#tried();
    const rows = studyTable(this.#state);
    const { spec } = this.#state;
    const measure = measuresOf(spec);
    const width = Math.max(...rows.map(({ label }) => label.length), measure.length) + 2;
    const line = (label: string, cells: readonly string[]) =>
      label.padEnd(width) + cells.map((cell) => cell.padStart(30)).join('');
    const spread = (value: number | null) => (value === null ? '' : ` ±${value.toFixed(3)}`);
    return [
      line(
        measure,
        columnsOf(spec).map((column) => columnWords(spec, column)),
      ),
      ...rows.map(({ label, cells }) =>
        line(
          label,
          cells.map(({ score, spread: { seeds } }) => {
            const { value, low, high } = score;
            const interval = low === null ? '' : ` (${scoreText(low)}–${scoreText(high)})`;
            return `${scoreText(value)}${spread(seeds)}${interval}`;
          }),
        ),
      ),
    ].join('\n');
  }

  /** A line for every setting of every method. */
  #tried(): string {
    const { methods } = this.#state.spec;
    return methods
      .flatMap((method) =>
        sweepRows(this.#state, method).map((row) =>
          [METHODS[method.name].label.padEnd(16), sweptText(row.swept).padEnd(40), sweptScore(row)].join(' '),
        ),
      )
      .join('\n');
  }

  #file = (name: string): string => path.join(this.path, 'work', name);
}

/** Samples as lines of a curve; `before` is the active time at which the first of them began. */
export function curveLines(
  samples: readonly SampleRecord[],
  metrics: readonly MetricName[],
  before: number,
): CurveLine[] {
  let last = before;
  return samples.map(({ step, activeSeconds, values }) => {
    const seconds = Math.max(0, activeSeconds - last);
    last = activeSeconds;
    return { step, seconds, ...Object.fromEntries(metrics.map((name, i) => [name, values[i] ?? null])) };
  });
}
