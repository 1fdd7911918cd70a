// From full-resolution columns to the few rows that a chart can show: at most two per pixel column and curve,
// the smallest and the largest value in the order they came, so that a spike of one step is never lost.
// Columns are aligned to powers of two in steps, so a growing run adds rows instead of shifting all of them.

import type { Column } from './column.ts';
import type { Series } from './series.ts';

/** A curve to be shown: values, and the series that says at which step each was logged. */
export interface Trace {
  readonly key: string;
  readonly series: Series;
  readonly column: Column;
}

/** One position on the x axis; null where a curve has no value. `at` is for whoever places rows on an axis. */
export type Row = { step: number; at?: number } & Record<string, number | null>;

export interface Decimated {
  readonly rows: Row[];
  /** Steps per pixel column; 1 means that every row is a logged step. */
  readonly stepsPerColumn: number;
}

const usable = (value: number, log: boolean) => Number.isFinite(value) && (!log || value > 0);

/** Rows for the steps from..to (inclusive), at most 2 * columns (+ 2 at the edges) of them. */
export function decimate(
  traces: readonly Trace[],
  from: number,
  to: number,
  columns: number,
  log = false,
): Decimated {
  let width = 1;
  while ((to - from + 1) / width > columns) width *= 2;
  const rows =
    width <= 2 ? everyStep(traces, from, to, log) : extremesPerColumn(traces, from, to, width, log);
  return { rows, stepsPerColumn: width <= 2 ? 1 : width };
}

/** The same for an axis of powers: as many columns for every doubling, so that the first steps are as fine as the last. */
export function decimateByPowers(
  traces: readonly Trace[],
  from: number,
  to: number,
  columns: number,
  log = false,
): Decimated {
  const edges: number[] = [];
  for (let edge = Math.max(1, from); edge <= to; edge *= 2) edges.push(Math.ceil(edge));
  const each = Math.max(8, Math.floor(columns / Math.max(1, edges.length)));
  const parts = edges.map((edge, i) => decimate(traces, edge, (edges[i + 1] ?? to + 1) - 1, each, log));
  if (from < 1) parts.unshift(decimate(traces, from, 0, each, log));
  return { rows: parts.flatMap(({ rows }) => rows), stepsPerColumn: parts.at(-1)?.stepsPerColumn ?? 1 };
}

function everyStep(traces: readonly Trace[], from: number, to: number, log: boolean): Row[] {
  const rows = new Map<number, Row>();
  for (const { key, series, column } of traces) {
    const end = series.lowerBound(to + 1);
    for (let i = series.lowerBound(from); i < end; i++) {
      const value = column.at(i);
      if (!usable(value, log)) continue;
      const step = series.steps.at(i);
      const row = rows.get(step) ?? ({ step } as Row);
      row[key] = value;
      rows.set(step, row);
    }
  }
  return [...rows.values()].sort((a, b) => a.step - b.step);
}

function extremesPerColumn(
  traces: readonly Trace[],
  from: number,
  to: number,
  width: number,
  log: boolean,
): Row[] {
  const rows: Row[] = [];
  /** Columns at the edges reach beyond the window; what they show must not. */
  const inside = (step: number) => Math.min(to, Math.max(from, step));
  for (let start = Math.floor(from / width) * width; start <= to; start += width) {
    const first = { step: inside(start + (width - 1) * 0.25) } as Row;
    const second = { step: inside(start + (width - 1) * 0.75) } as Row;
    let filled = false;
    for (const { key, series, column } of traces) {
      const begin = series.lowerBound(Math.max(start, from));
      const end = series.lowerBound(Math.min(start + width, to + 1));
      const found = column.extremes(begin, end);
      if (!found) continue;
      const early = column.at(Math.min(found.low, found.high));
      const late = column.at(Math.max(found.low, found.high));
      first[key] = usable(early, log) ? early : null;
      second[key] = usable(late, log) ? late : null;
      filled = true;
    }
    if (filled) rows.push(first, second);
  }
  return rows;
}
