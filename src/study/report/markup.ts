// Pieces of the report's page: text made safe, tables, sections, the dot plot as SVG, and the one style sheet.

import { percent } from '../../tasks/compared/words.ts';
import type { StudyRow } from '../table.ts';
import { dotPlot } from './dotPlot.ts';

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
export function svgPlot(rows: readonly StudyRow[]): string {
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
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Mean AUROC with 95 % interval over patients">${names.join('')}${drawn.join('')}<text class="tick" x="${WIDTH - 4}" y="${height - 6}" text-anchor="end">AUROC, 95 % interval over patients</text></svg>`;
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
