// Pieces of the report's page: the dot plot of a study as geometry (for each share a panel, for each row a dot with its interval
// over patients and, smaller, the score of each seed) and as SVG, text made safe, tables, sections, and the one style sheet. The
// page of the app draws the same geometry in its own colours.

import { percent } from '../../tasks/compared/record.ts';
import type { StudyRow } from '../table.ts';

export interface Dot {
  readonly row: string;
  readonly y: number;
  /** Null where there is no score yet. */
  readonly x: number | null;
  readonly from: number | null;
  readonly to: number | null;
}

interface DotPanel {
  readonly share: number;
  readonly left: number;
  readonly dots: readonly Dot[];
}

interface DotPlot {
  readonly width: number;
  readonly height: number;
  readonly labelWidth: number;
  readonly panelWidth: number;
  readonly rowHeight: number;
  readonly panels: readonly DotPanel[];
  /** A score and its place within a panel. */
  readonly ticks: readonly { readonly value: number; readonly x: number }[];
}

const ROW = 26;
const TOP = 26;
const BOTTOM = 40;
const GAP = 44;

/** Round ends around everything that is drawn, in steps of 0.05. */
function domainOf(rows: readonly StudyRow[]): [number, number] {
  const values = rows
    .flatMap(({ cells }) => cells.flatMap(({ score }) => [score.value, score.low, score.high]))
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
        x: orNull(cells[at]!.score.value),
        from: orNull(cells[at]!.score.low),
        to: orNull(cells[at]!.score.high),
      })),
    })),
  };
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);

/** Cells are markup; whoever gives text escapes it. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.some(Boolean)
    ? `<thead><tr>${heads.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>`
    : '';
  const body = rows.map(
    ([first = '', ...cells]) =>
      `<tr><th scope="row">${first}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return `<div class="wide"><table>${head}<tbody>${body.join('')}</tbody></table></div>`;
}

export const section = (title: string, inner: string): string =>
  `<section><h2>${title}</h2>${inner}</section>`;

const WIDTH = 900;
const RADIUS = 4;

/** Filled for methods, hollow for what needs no training. */
export function svgPlot(rows: readonly StudyRow[], measure: string): string {
  const { height, panels, ticks, panelWidth, rowHeight } = dotPlot(rows, WIDTH);
  const bottom = height - 40;
  const names = rows.map(
    ({ label }, r) =>
      `<text x="208" y="${26 + (r + 0.5) * rowHeight + 4}" text-anchor="end">${escaped(label)}</text>`,
  );
  const drawn = panels.map(({ share, left, dots }) => {
    const grid = ticks.map(
      ({ value, x }) =>
        `<line class="grid" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="26" y2="${bottom}"/><text class="tick" x="${x.toFixed(1)}" y="${bottom + 14}" text-anchor="middle">${value}</text>`,
    );
    const marks = dots.map(({ x, from, to, y }, r) => {
      if (x === null) return '';
      const line =
        from === null || to === null
          ? ''
          : `<line class="reach" x1="${from.toFixed(1)}" x2="${to.toFixed(1)}" y1="${y}" y2="${y}"/>`;
      const kind = rows[r]!.method === null ? 'hollow' : 'dot';
      return `${line}<circle class="${kind}" cx="${x.toFixed(1)}" cy="${y}" r="${RADIUS}"/>`;
    });
    return `<g transform="translate(${left.toFixed(1)} 0)"><text x="${panelWidth / 2}" y="14" text-anchor="middle">${percent(share)} of the labels</text>${grid.join('')}${marks.join('')}</g>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Mean ${measure} with 95 % interval over patients">${names.join('')}${drawn.join('')}<text class="tick" x="${WIDTH - 4}" y="${height - 6}" text-anchor="end">${measure}, 95 % interval over patients</text></svg>`;
}

export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2024, #e8eaed); --dim: light-dark(#5d6670, #a4adb8); --line: light-dark(#d9dee3, #363c44); --paper: light-dark(#ffffff, #16191d); --mark: light-dark(#1f6feb, #79b0ff); }
body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
.verdict { font-size: 1.1rem; border-left: 3px solid var(--mark); padding-left: .8rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { color: var(--dim); } small { display: block; color: var(--dim); } p, li { max-width: 75ch; }
svg { width: 100%; height: auto; font-size: 12px; margin-top: 1rem; } svg text { fill: var(--ink); } svg .tick { fill: var(--dim); }
.grid { stroke: var(--line); } .reach { stroke: var(--mark); stroke-width: 1.6; } .dot { fill: var(--mark); } .hollow { fill: var(--paper); stroke: var(--mark); stroke-width: 1.6; }
`;
