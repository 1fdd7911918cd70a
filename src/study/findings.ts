// The findings of a study one by one: the score of each row, and DeLong's test against the reference, corrected after Holm over
// the findings of a row at a share. DeLong takes films for independent; where patients have several it is too sure.

import type { FindingScores } from '../protocol/study.ts';
import { meanOf } from '../tasks/scores/bootstrap.ts';
import {
  type DelongTest,
  delongTest,
  holm,
  meanPlacements,
  type Placements,
} from '../tasks/scores/significance.ts';
import { type Column, columnsOf } from './spec.ts';
import type { StudyState } from './state.ts';
import { type Scored, scoredRows } from './table.ts';

export interface FindingCell {
  /** Mean over label draws and seeds. */
  readonly score: number | null;
  /** To the reference at the seeds of both; null for the reference, and where there is nothing to test. */
  readonly difference: number | null;
  readonly z: number | null;
  readonly p: number | null;
  /** Corrected over the findings. */
  readonly holm: number | null;
}

export interface FindingRow {
  readonly finding: string;
  readonly positives: number;
  readonly negatives: number;
  /** In the order of the table's rows. */
  readonly cells: readonly FindingCell[];
}

export interface FindingTable extends Pick<Column, 'task' | 'share'> {
  readonly labels: readonly string[];
  readonly findings: readonly FindingRow[];
}

const asPlacements = ({ placements }: FindingScores): Placements => ({
  positives: Float64Array.from(placements.positives),
  negatives: Float64Array.from(placements.negatives),
});

function testAgainst(row: Scored, reference: Scored | undefined, at: number, k: number): DelongTest | null {
  if (!reference || row === reference) return null;
  const common = [...row.bySeed.keys()].filter((seed) => reference.bySeed.has(seed));
  const placed = (of: Scored) =>
    common.map((seed) => asPlacements(of.bySeed.get(seed)!.shares[at]!.findings[k]!));
  return common.length === 0
    ? null
    : delongTest(meanPlacements(placed(row)), meanPlacements(placed(reference)));
}

function columnTable(rows: readonly Scored[], reference: string, { task, share, at }: Column): FindingTable {
  const first = rows.flatMap(({ bySeed }) => [...bySeed.values()])[0]?.shares[at]?.findings ?? [];
  const held = rows.find(({ id }) => id === reference);
  const columns = rows.map((row) => {
    const tests = first.map((_, k) => testAgainst(row, held, at, k));
    const corrected = holm(tests.map((test) => test?.p ?? null));
    return first.map((_, k): FindingCell => {
      const test = tests[k] ?? null;
      const scores = [...row.bySeed.values()].map(({ shares }) => meanOf(shares[at]!.findings[k]!.aurocs));
      return {
        score: meanOf(scores),
        difference: test && test.aurocA - test.aurocB,
        z: test?.z ?? null,
        p: test?.p ?? null,
        holm: corrected[k]!,
      };
    });
  });
  return {
    task,
    share,
    labels: rows.map(({ label }) => label),
    findings: first.map(({ finding, positives, negatives }, k) => ({
      finding,
      positives,
      negatives,
      cells: columns.map((column) => column[k]!),
    })),
  };
}

/** One table for each column. */
export const findingTables = (state: StudyState): readonly FindingTable[] =>
  columnsOf(state.spec).map((column) =>
    columnTable(scoredRows(state, column.task), state.spec.reference, column),
  );
