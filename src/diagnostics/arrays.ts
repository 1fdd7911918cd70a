// What looks at a run measured, as arrays and tables for work elsewhere: every array has the steps as its first axis, or is of
// one picture. For NumPy, and for a spreadsheet.

import { MEASURE_NAMES } from './measures.ts';
import { FULL_CORRELATION, type OutputPicture, type Snapshot } from './snapshot.ts';

export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | readonly string[];
}

/** The map of correlations in -1 .. 1. */
export const correlations = ({ correlation }: OutputPicture): Float32Array =>
  Float32Array.from(correlation, (value) => value / FULL_CORRELATION);

const stacked = (rows: readonly Float32Array[]): Float32Array => {
  const made = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  rows.reduce((at, row) => {
    made.set(row, at);
    return at + row.length;
  }, 0);
  return made;
};

/**
 * By name: `steps`, `films`, `seconds`; of each output `level1.rankme` and all other measures [steps], `level1.eigenvalues` and
 * `level1.std` [steps, ...], `level1.correlation` [steps, blocks, blocks]; `neighbours.findings` and `neighbours.auroc` [steps, findings].
 */
export function snapshotArrays(snapshots: readonly Snapshot[]): [name: string, array: NamedArray][] {
  const count = snapshots.length;
  const perStep = (of: (snapshot: Snapshot) => number): NamedArray => ({
    shape: [count],
    data: Float64Array.from(snapshots, of),
  });
  const arrays: [string, NamedArray][] = [
    ['steps', { shape: [count], data: Int32Array.from(snapshots, ({ step }) => step) }],
    ['films', { shape: [count], data: Int32Array.from(snapshots, ({ films }) => films) }],
    ['seconds', perStep(({ seconds }) => seconds)],
  ];
  const [first] = snapshots;
  if (!first) return arrays;
  for (const [place, { name, eigenvalues, std, blocks }] of first.outputs.entries()) {
    const of = (snapshot: Snapshot): OutputPicture => snapshot.outputs[place]!;
    for (const measure of MEASURE_NAMES) {
      arrays.push([`${name}.${measure}`, perStep((snapshot) => of(snapshot).measured[measure])]);
    }
    const tables = { eigenvalues: [eigenvalues.length], std: [std.length], correlation: [blocks, blocks] };
    for (const [what, shape] of Object.entries(tables)) {
      const rows = snapshots.map((snapshot) =>
        what === 'correlation' ? correlations(of(snapshot)) : of(snapshot)[what as 'eigenvalues' | 'std'],
      );
      arrays.push([`${name}.${what}`, { shape: [count, ...shape], data: stacked(rows) }]);
    }
  }
  const findings = first.neighbours?.scores.map(({ finding }) => finding) ?? [];
  if (findings.length === 0) return arrays;
  const scores = snapshots.flatMap(({ neighbours }) =>
    findings.map((_, i) => neighbours?.scores[i]?.auroc ?? Number.NaN),
  );
  arrays.push(['neighbours.findings', { shape: [findings.length], data: findings }]);
  arrays.push(['neighbours.auroc', { shape: [count, findings.length], data: Float64Array.from(scores) }]);
  return arrays;
}
