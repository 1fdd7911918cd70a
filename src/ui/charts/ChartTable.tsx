// The same curves without sight of the chart: a sentence per curve for screen readers, and a table of logged
// values at evenly spaced steps of the shown window. The complete record is the CSV export.

import { Table } from '@mantine/core';
import type { StepRange } from '../../store/curves/charts.ts';
import type { Series } from '../../store/curves/series.ts';
import { formatCount, formatMeasured } from '../../util/format.ts';
import styles from './charts.module.css';
import type { CurveSpec, ShownRun } from './chartView.ts';

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
