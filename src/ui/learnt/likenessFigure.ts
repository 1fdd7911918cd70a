// How alike the outputs of two networks are, in words and as a table; and what two runs may be compared by. Nothing here touches
// the DOM.

import type { Likeness } from '../../diagnostics/filmMap.ts';
import { MEASURES, type MeasureName } from '../../diagnostics/measures.ts';
import type { OutputName, Snapshot } from '../../diagnostics/snapshot.ts';
import type { Figure } from './figures.ts';
import { measureFigure } from './figures.ts';

export type Labels = ReadonlyMap<string, string>;

export const labelsOf = (outputs: readonly OutputName[]): Labels =>
  new Map(outputs.map(({ name, label }) => [name, label]));

const labelOf = (labels: Labels, name: string) => labels.get(name) ?? name;

/** The two different outputs that are most alike, and the two that are least. */
export function likenessSentence(
  { rows, columns, values }: Likeness,
  labels: Labels,
  others: Labels,
): string {
  const same = rows.every((row, i) => row === columns[i]) && values.length > 0 && values[0]! > 1 - 1e-9;
  const pairs = rows
    .flatMap((row, i) =>
      columns.map((column, j) => ({ row, column, value: values[i * columns.length + j]! })),
    )
    .filter(({ row, column, value }) => Number.isFinite(value) && !(same && row === column))
    .sort((a, b) => b.value - a.value);
  const [most, least] = [pairs[0], pairs.at(-1)];
  if (!most || !least) return 'Nothing can be said: features that are the same for all films are like none.';
  const words = ({ row, column, value }: typeof most) =>
    `${labelOf(labels, row)} and ${labelOf(others, column)}, ${value.toFixed(2)}`;
  return `Linear CKA: 1 where one is the other turned and scaled, 0 where they have nothing in common. Most alike: ${words(most)}; least: ${words(least)}.`;
}

export const likenessTable = (
  { rows, columns, values }: Likeness,
  labels: Labels,
  others: Labels,
): Figure['table'] => ({
  columns: ['', ...columns.map((name) => labelOf(others, name))],
  rows: rows.map((name, i) => [
    labelOf(labels, name),
    ...columns.map((_, j) => Number(values[i * columns.length + j]!.toFixed(3))),
  ]),
});

/** Two pictures on axes that hold both, so that they can be held against each other. */
export function onSharedAxes(a: Figure, b: Figure): readonly [Figure, Figure] {
  const joined = (axis: 'x' | 'y') => {
    const [one, two] = [a[axis].range, b[axis].range];
    return { ...a[axis], range: [Math.min(one[0], two[0]), Math.max(one[1], two[1])] as const };
  };
  const axes = { x: joined('x'), y: joined('y') };
  return [
    { ...a, ...axes },
    { ...b, ...axes },
  ];
}

/** One measure of one output along both runs. */
export function bothFigure(
  lists: readonly [readonly Snapshot[], readonly Snapshot[]],
  names: readonly [string, string],
  output: OutputName,
  measure: MeasureName,
): Figure {
  const [own, other] = onSharedAxes(
    measureFigure(lists[0], [output], measure),
    measureFigure(lists[1], [output], measure),
  );
  const traces = [own, other].map((figure, i) => ({
    ...figure.traces[0]!,
    label: names[i]!,
    colour: i === 0 ? 'var(--term-blue)' : 'var(--term-amber)',
  }));
  const steps = [...new Set(lists.flat().map(({ step }) => step))].sort((a, b) => a - b);
  const valueAt = (list: readonly Snapshot[], step: number) =>
    list.find((one) => one.step === step)?.outputs.find(({ name }) => name === output.name)?.measured[
      measure
    ] ?? Number.NaN;
  const rows = steps.map((step) => [step, valueAt(lists[0], step), valueAt(lists[1], step)]);
  return {
    ...own,
    title: `${MEASURES[measure].label}, ${output.label}, both runs`,
    traces,
    table: { columns: ['step', ...names], rows },
    array: { shape: [rows.length, 3], data: Float64Array.from(rows.flat()) },
  };
}

/** What has to be said before measures of the two are held against each other; empty where nothing has. */
export function comparisonWarning(
  methods: readonly [string, string],
  films: readonly [number, number],
): string {
  if (methods[0] !== methods[1]) {
    return `These are runs of two methods, ${methods[0]} and ${methods[1]}: spectra, RankMe, participation, alpha, alignment and uniformity may not be compared across methods. Neighbours and CKA may.`;
  }
  if (films[0] !== films[1]) {
    return `The runs were looked at on ${films[0]} and on ${films[1]} films: RankMe and spectra depend on that and may not be compared.`;
  }
  return '';
}
