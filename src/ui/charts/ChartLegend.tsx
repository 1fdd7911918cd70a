// A chart in words. Its legend, which is also its read-out: per curve a swatch, a name that switches it off, and the value logged
// at the hovered step, or the newest one, in figures of a fixed width. And the same curves without sight of the chart: a sentence
// per curve for screen readers, and a table of values at evenly spaced steps. The complete record is the CSV export.

import { Table } from '@mantine/core';
import { memo } from 'react';
import { type StepRange, toggleCurve, useCharts } from '../../store/curves/charts.ts';
import type { Series } from '../../store/curves/series.ts';
import { formatCount, formatMeasured } from '../../util/format.ts';
import { stepBeside } from './ChartPointer.tsx';
import styles from './charts.module.css';
import { type ChartView, type CurveSpec, type ShownRun, shownColumn } from './chartView.ts';

interface LegendProps {
  readonly curves: readonly CurveSpec[];
  readonly runs: readonly ShownRun[];
  /** A new one asks for new figures. */
  readonly view: Pick<ChartView, 'x' | 'difference' | 'length'>;
  /** Only the value, without name and switch. */
  readonly bare?: boolean;
}

function Swatch({ curve, outer }: { curve: CurveSpec; outer: string | null }) {
  return (
    <svg width="18" height="8" aria-hidden="true" className={styles.legendSwatch}>
      {outer && <line x1="0" x2="18" y1="4" y2="4" stroke={outer} strokeWidth="5" strokeOpacity="0.45" />}
      <line
        x1="0"
        x2="18"
        y1="4"
        y2="4"
        stroke={curve.colour}
        strokeWidth={outer ? 1 : (curve.width ?? 1.6)}
        strokeDasharray={curve.dash}
      />
    </svg>
  );
}

/** The value at the hovered step, exactly as logged; the newest one when nothing is hovered. */
function readValue(
  view: LegendProps['view'],
  runs: readonly ShownRun[],
  run: ShownRun,
  curve: CurveSpec,
  hovered: number | null,
): number | null {
  const { series } = run;
  const { difference } = view;
  if (hovered === null && !difference) return series.latest(curve.metric);
  const column = shownColumn(run, curve.metric, difference);
  if (hovered === null) return column.at(column.length - 1);
  const step = stepBeside(view, runs, run, hovered);
  return step === null ? null : column.at(series.nearest(step));
}

export const Legend = memo(function Legend({ curves, runs, view, bare }: LegendProps) {
  const hidden = useCharts((state) => state.hidden);
  const hovered = useCharts((state) => state.hovered);
  const [live, ...others] = runs;
  const pinned = others.filter(({ id }) => id !== view.difference?.id);
  const read = (run: ShownRun, curve: CurveSpec) =>
    formatMeasured(readValue(view, runs, run, curve, hovered));
  const overlaid = curves.filter(({ alone }) => !alone);
  if (!live) return null;
  if (bare) {
    return <span className={styles.legendValue}>{read(live, curves[0]!)}</span>;
  }
  return (
    <div className={styles.legend}>
      {curves.map((curve) => (
        <button
          key={curve.key}
          type="button"
          className={styles.legendItem}
          aria-pressed={!hidden.has(curve.key)}
          title={hidden.has(curve.key) ? `Show ${curve.label}` : `Hide ${curve.label}`}
          onClick={() => toggleCurve(curve.key)}
        >
          <Swatch curve={curve} outer={null} />
          <span>{curve.label}</span>
          <span className={styles.legendValue}>{read(live, curve)}</span>
        </button>
      ))}
      {pinned.map((run) => (
        <span key={run.id} className={styles.legendRun} title={run.name}>
          <Swatch curve={curves[0]!} outer={run.colour} />
          <span className={styles.legendRunName}>{run.name}</span>
          {overlaid.map((curve) => (
            <span key={curve.key} className={styles.legendValue}>
              {read(run, curve)}
            </span>
          ))}
        </span>
      ))}
    </div>
  );
});

const TABLE_ROWS = 40;

export function summary(title: string, curves: readonly CurveSpec[], run: ShownRun): string {
  const { series } = run;
  if (!series.length) return `${title}: no steps yet.`;
  const sentences = curves.map(({ label, metric }) => {
    const column = series.column(metric);
    const found = column.extremes(0, column.length);
    if (!found) return `${label}: not measured.`;
    const low = `lowest ${formatMeasured(column.at(found.low))} at step ${formatCount(series.steps.at(found.low))}`;
    const high = `highest ${formatMeasured(column.at(found.high))} at step ${formatCount(series.steps.at(found.high))}`;
    return `${label}: now ${formatMeasured(series.latest(metric))}, ${low}, ${high}.`;
  });
  return `${title}, ${formatCount(series.length)} logged steps. ${sentences.join(' ')}`;
}

function shownIndices(series: Series, { from, to }: StepRange): number[] {
  const first = series.lowerBound(from);
  const last = series.lowerBound(to + 1) - 1;
  const count = last - first + 1;
  if (count <= 0) return [];
  const rows = Math.min(TABLE_ROWS, count);
  return Array.from({ length: rows }, (_, i) =>
    rows === 1 ? first : first + Math.round((i * (count - 1)) / (rows - 1)),
  );
}

interface ChartTableProps {
  readonly title: string;
  readonly curves: readonly CurveSpec[];
  readonly runs: readonly ShownRun[];
  readonly range: StepRange;
}

export function ChartTable({ title, curves, runs, range }: ChartTableProps) {
  const series = runs[0]!.series;
  return (
    <section className={styles.chartTable} aria-label={`${title}, values`}>
      <Table stickyHeader striped="even" verticalSpacing={2} horizontalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Step</Table.Th>
            {runs.flatMap((run, i) =>
              curves.map((curve) => (
                <Table.Th key={`${run.id}-${curve.key}`} ta="right">
                  {curve.label}
                  {i > 0 && <span className="dim"> ({run.name})</span>}
                </Table.Th>
              )),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shownIndices(series, range).map((index) => {
            const step = series.steps.at(index);
            return (
              <Table.Tr key={index}>
                <Table.Td className="num">{formatCount(step)}</Table.Td>
                {runs.flatMap((run) =>
                  curves.map((curve) => {
                    const at = run.series.nearest(step);
                    const there = run.series.steps.at(at) === step;
                    return (
                      <Table.Td key={`${run.id}-${curve.key}`} className="num" ta="right">
                        {formatMeasured(there ? run.series.value(curve.metric, at) : null)}
                      </Table.Td>
                    );
                  }),
                )}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </section>
  );
}
