// From the scores of a study to its table: methods and baselines by label share, each with its interval over patients, its
// spread over seeds and label draws, and its difference to the reference. Decides nothing; what may be said of it is in
// verdict.ts.

import { type MethodName, methodOf } from '../methods/records.ts';
import { type EncoderScores, STUDY_TASKS, type StudyTask } from '../protocol/study.ts';
import type { Interval } from '../tasks/record.ts';
import {
  meanOf,
  meanResampled,
  pairedDifference,
  percentileInterval,
  type Spread,
  spreadOverSeeds,
} from '../tasks/scores/bootstrap.ts';
import { holm, twoSided } from '../tasks/scores/significance.ts';
import { pixelsId, randomId, runId, scoredId } from './names.ts';
import { columnsOf, shapeOf } from './spec.ts';
import type { StudyState } from './state.ts';
import { chosenFor } from './sweep.ts';

export interface Difference extends Interval {
  /** Seeds at which both have a score; only these are compared. */
  readonly seeds: number;
  /** At every one of them it has the sign of the mean. */
  readonly sameSign: boolean;
  /** Two-sided, by the deviation over resamples of patients; corrected after Holm over all differences of the table. */
  readonly p: number | null;
}

export interface Cell {
  readonly task: StudyTask;
  readonly share: number;
  /** Seeds that have been scored. */
  readonly seeds: number;
  /** Mean over findings, label draws and seeds; interval over patients, all seeds on the same resamples. */
  readonly score: Interval;
  readonly spread: Spread;
  /** To the reference; null for the reference itself, and where the two share no seed. */
  readonly difference: Difference | null;
}

export interface StudyRow {
  readonly id: string;
  readonly label: string;
  readonly method: MethodName | null;
  /** A method that sees no labels in pretraining; baselines and the upper line are none. */
  readonly rival: boolean;
  /** In the order of the columns (spec.ts). */
  readonly cells: readonly Cell[];
}

/** The columns of one task. */
export const ofTask = (rows: readonly StudyRow[], task: StudyTask): readonly StudyRow[] =>
  rows.map((row) => ({ ...row, cells: row.cells.filter((cell) => cell.task === task) }));

/** Rows in the order of the table, with the scores by one task of each seed that has them. */
export interface Scored {
  readonly id: string;
  readonly label: string;
  readonly method: MethodName | null;
  readonly rival: boolean;
  readonly bySeed: ReadonlyMap<number, EncoderScores>;
}

export function scoredRows(state: StudyState, task: StudyTask): readonly Scored[] {
  const { spec, scored } = state;
  const collect = (idOf: (seed: number) => string | null) => {
    const found = spec.seeds.flatMap((seed) => {
      const id = idOf(seed);
      const scores = id === null ? undefined : scored[scoredId(spec, id, task)];
      return scores ? [[seed, scores] as const] : [];
    });
    return new Map(found);
  };
  const shapes = new Set(spec.methods.map((method) => shapeOf(spec, method)));
  return [
    ...spec.methods.map((method) => {
      const swept = chosenFor(state, method);
      const bySeed = collect((seed) => swept && runId(method.name, seed, swept));
      const record = methodOf({ method: method.name });
      const label = record.isUpperLine ? `${record.label} (upper line)` : record.label;
      return { id: method.name, label, method: method.name, rival: !record.isUpperLine, bySeed };
    }),
    ...[...shapes].map((shape) => ({
      id: `random-${shape}`,
      label:
        shapes.size > 1 && shape === 'bottlenecks' ? 'Random encoder with bottlenecks' : 'Random encoder',
      method: null,
      rival: false,
      bySeed: collect((seed) => randomId(shape, seed)),
    })),
    ...(spec.tasks.some((name) => STUDY_TASKS[name].ranks)
      ? [{ id: 'pixels', label: 'Raw pixels', method: null, rival: false, bySeed: collect(pixelsId) }]
      : []),
  ];
}

const orNaN = (values: readonly (number | null)[]) =>
  Float64Array.from(values, (value) => value ?? Number.NaN);

/** Mean over findings of one encoder at one share. */
function encoderMean(scores: EncoderScores, at: number) {
  const { findings } = scores.shares[at]!;
  const draws = Array.from({ length: findings[0]?.aurocs.length ?? 0 }, (_, draw) =>
    meanOf(findings.map(({ aurocs }) => aurocs[draw] ?? null)),
  );
  return {
    draws,
    value: meanOf(findings.map(({ aurocs }) => meanOf(aurocs))),
    resampled: meanResampled(findings.map(({ resampled }) => orNaN(resampled))),
  };
}

type EncoderMean = ReturnType<typeof encoderMean>;

const overSeeds = (means: readonly EncoderMean[]) => ({
  value: meanOf(means.map(({ value }) => value)),
  resampled: meanResampled(means.map(({ resampled }) => resampled)),
});

/** Uncorrected yet. */
function differenceOf(
  ours: ReadonlyMap<number, EncoderMean>,
  theirs: ReadonlyMap<number, EncoderMean>,
): Difference | null {
  const common = [...ours.keys()].filter((seed) => theirs.has(seed));
  if (common.length === 0) return null;
  const a = overSeeds(common.map((seed) => ours.get(seed)!));
  const b = overSeeds(common.map((seed) => theirs.get(seed)!));
  const interval = pairedDifference(a, b);
  const each = common.map((seed) => (ours.get(seed)!.value ?? 0) - (theirs.get(seed)!.value ?? 0));
  const deviation = deviationOf(a.resampled.map((value, i) => value - b.resampled[i]!));
  const { value } = interval;
  return {
    ...interval,
    seeds: common.length,
    sameSign: value !== null && each.every((one) => one * value > 0),
    p: value === null || !(deviation > 0) ? null : twoSided(value / deviation),
  };
}

function deviationOf(values: Float64Array): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
  return Math.sqrt(defined.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (defined.length - 1));
}

/** The whole table; rows without any score yet have cells without values. */
export function studyTable(state: StudyState): readonly StudyRow[] {
  const { reference, tasks } = state.spec;
  const columns = columnsOf(state.spec);
  const byTask = new Map(tasks.map((task) => [task, scoredRows(state, task)]));
  const rows = byTask.get(tasks[0]!)!.map((row, r) => ({
    ...row,
    means: columns.map(({ task, at }) => {
      const scores = [...byTask.get(task)![r]!.bySeed];
      return new Map(scores.map(([seed, one]) => [seed, encoderMean(one, at)] as const));
    }),
  }));
  const held = rows.find(({ id }) => id === reference);
  const differences = rows.map((row) =>
    columns.map((_, c) => (row === held || !held ? null : differenceOf(row.means[c]!, held.means[c]!))),
  );
  const corrected = holm(differences.flat().map((difference) => difference?.p ?? null));
  return rows.map(({ id, label, method, rival, means }, r) => ({
    id,
    label,
    method,
    rival,
    cells: columns.map(({ task, share }, c) => {
      const each = [...means[c]!.values()];
      const { value, resampled } = overSeeds(each);
      const difference = differences[r]![c]!;
      return {
        task,
        share,
        seeds: each.length,
        score: percentileInterval(value, resampled),
        spread: spreadOverSeeds(each.map(({ draws }) => draws)),
        difference: difference && { ...difference, p: corrected[r * columns.length + c]! },
      };
    }),
  }));
}
