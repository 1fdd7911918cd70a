// The dot plot of a study as geometry: for each share a panel, for each row a dot with its interval over patients and, smaller,
// the score of each seed. Written out as SVG for the report; the page draws the same geometry in its own colours.

import type { StudyRow } from '../table.ts';

export interface Dot {
  readonly row: string;
  readonly y: number;
  /** Null where there is no score yet. */
  readonly x: number | null;
  readonly from: number | null;
  readonly to: number | null;
}

export interface DotPanel {
  readonly share: number;
  readonly left: number;
  readonly dots: readonly Dot[];
}

export interface DotPlot {
  readonly width: number;
  readonly height: number;
  readonly labelWidth: number;
  readonly panelWidth: number;
  readonly rowHeight: number;
  readonly panels: readonly DotPanel[];
  /** AUROC and its place within a panel. */
  readonly ticks: readonly { readonly value: number; readonly x: number }[];
}

const ROW = 26;
const TOP = 26;
const BOTTOM = 40;
const GAP = 44;

/** Round ends around everything that is drawn, in steps of 0.05. */
function domainOf(rows: readonly StudyRow[]): [number, number] {
  const values = rows
    .flatMap(({ cells }) => cells.flatMap(({ auroc }) => [auroc.value, auroc.low, auroc.high]))
    .filter((value) => value !== null);
  if (values.length === 0) return [0.5, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return [Math.floor(low * 20) / 20, Math.min(1, Math.ceil(high * 20 + 1e-9) / 20)];
}

export function dotPlot(rows: readonly StudyRow[], width: number, labelWidth = 220): DotPlot {
  const shares = rows[0]?.cells.map(({ share }) => share) ?? [];
  const panelWidth = (width - labelWidth - GAP * shares.length) / Math.max(1, shares.length);
  const [from, to] = domainOf(rows);
  const place = (value: number) => ((value - from) / Math.max(1e-9, to - from)) * panelWidth;
  const step = to - from > 0.35 ? 0.1 : 0.05;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const value = Number(((first + i) * step).toFixed(2));
    return { value, x: place(value) };
  });
  const orNull = (value: number | null) => (value === null ? null : place(value));
  return {
    width,
    height: TOP + rows.length * ROW + BOTTOM,
    labelWidth,
    panelWidth,
    rowHeight: ROW,
    ticks,
    panels: shares.map((share, at) => ({
      share,
      left: labelWidth + at * (panelWidth + GAP) + GAP / 2,
      dots: rows.map(({ id, cells }, r) => ({
        row: id,
        y: TOP + (r + 0.5) * ROW,
        x: orNull(cells[at]!.auroc.value),
        from: orNull(cells[at]!.auroc.low),
        to: orNull(cells[at]!.auroc.high),
      })),
    })),
  };
}
