// A figure as it stands in a paper: one SVG text that needs nothing else, with title, legend, axes and its own typeface, black on
// white whatever the page looks like. Pure: colours are asked for by name and the caller says what they are (shell/download.ts).

import { formatCount } from '../../util/format.ts';
import { tickLabel, yPixel } from './chartAxes.ts';
import { type ChartView, type CurveSpec, curvePath, type ShownRun } from './chartView.ts';

/** What a legend shows of a curve, or of a kind of points. */
export interface PaperKey {
  readonly label: string;
  readonly colour: string;
  readonly dash?: string;
  /** Colour of the band around a curve of a pinned run. */
  readonly outer?: string | null;
  readonly mark: 'line' | 'point';
}

export interface PaperFigure {
  readonly title: string;
  /** Of the plot, without what stands around it. */
  readonly width: number;
  readonly height: number;
  readonly legend: readonly PaperKey[];
  /** SVG inside the plot, with its origin at the top left. */
  readonly body: string;
  readonly x: { readonly label: string; readonly ticks: readonly { at: number; text: string }[] };
  readonly y: { readonly label: string; readonly ticks: readonly { at: number; text: string }[] };
  readonly notes: readonly string[];
}

/** From a name of theme.css, or any colour of a stylesheet, to one that every reader of SVG knows. */
export type Paint = (colour: string) => string;

export const PAPER_FONT = 'Inter Variable';
const SIZE = 12;
const TITLE_SIZE = 14;
const LINE = 17;
const CHARACTER = 6.7;
const MARGIN = { left: 56, right: 16, top: 12, bottom: 40 };
const INK = 'black';
/** Lines of the grid are the ink, thinned. */
const GRID = 'stroke="black" stroke-opacity="0.14"';

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${INK}" ${more}>${escaped(words)}</text>`;

/** Keys of a legend in as many rows as they need. */
function legendRows(keys: readonly PaperKey[], width: number): (PaperKey & { x: number; row: number })[] {
  let [x, row] = [0, 0];
  return keys.map((key) => {
    const wide = 34 + key.label.length * CHARACTER;
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
    const placed = { ...key, x, row };
    x += wide;
    return placed;
  });
}

function legendMark({ mark, colour, dash, outer }: PaperKey, x: number, y: number, paint: Paint): string {
  if (mark === 'point') return `<circle cx="${x + 9}" cy="${y}" r="4" fill="${paint(colour)}"/>`;
  const line = (stroke: string, width: number, more: string) =>
    `<line x1="${x}" x2="${x + 20}" y1="${y}" y2="${y}" stroke="${stroke}" stroke-width="${width}" ${more}/>`;
  const band = outer ? line(paint(outer), 5, 'stroke-opacity="0.5"') : '';
  return band + line(paint(colour), 1.8, dash ? `stroke-dasharray="${dash}"` : '');
}

/** @param font the typeface as a data address; without one the reader's own stands in */
export function paperSvg(figure: PaperFigure, paint: Paint, font: string | null): string {
  const { title, width, height, body, x, y, notes } = figure;
  const keys = legendRows(figure.legend, width);
  const rows = keys.length > 0 ? keys.at(-1)!.row + 1 : 0;
  const top = MARGIN.top + TITLE_SIZE + 8 + rows * LINE + 8;
  const whole = {
    width: MARGIN.left + width + MARGIN.right,
    height: top + height + MARGIN.bottom + notes.length * LINE,
  };
  const face = font
    ? `<style>@font-face{font-family:"${PAPER_FONT}";font-weight:100 900;src:url(${font}) format("woff2")}</style>`
    : '';
  const bottom = top + height;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" viewBox="0 0 ${whole.width} ${whole.height}" font-family="'${PAPER_FONT}', Helvetica, Arial, sans-serif" font-size="${SIZE}">`,
    `<title>${escaped(title)}</title>`,
    face,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(MARGIN.left, MARGIN.top + TITLE_SIZE, title, `font-size="${TITLE_SIZE}" font-weight="600"`),
    ...keys.map((key) => {
      const at = MARGIN.top + TITLE_SIZE + 16 + key.row * LINE;
      const mark = legendMark(key, MARGIN.left + key.x, at, paint);
      return mark + text(MARGIN.left + key.x + 26, at + SIZE * 0.35, key.label);
    }),
    ...y.ticks.map(
      ({ at, text: words }) =>
        `<line x1="${MARGIN.left}" x2="${MARGIN.left + width}" y1="${(top + at).toFixed(1)}" y2="${(top + at).toFixed(1)}" ${GRID}/>` +
        text(MARGIN.left - 8, top + at + SIZE * 0.35, words, 'text-anchor="end"'),
    ),
    `<line x1="${MARGIN.left}" x2="${MARGIN.left + width}" y1="${bottom}" y2="${bottom}" stroke="${INK}"/>`,
    ...x.ticks.map(({ at, text: words }) => {
      const place = MARGIN.left + at;
      return (
        `<line x1="${place.toFixed(1)}" x2="${place.toFixed(1)}" y1="${bottom}" y2="${bottom + 4}" stroke="${INK}"/>` +
        text(place, bottom + 17, words, 'text-anchor="middle"')
      );
    }),
    text(MARGIN.left + width / 2, bottom + 34, x.label, 'text-anchor="middle"'),
    y.label
      ? text(0, 0, y.label, `text-anchor="middle" transform="translate(14 ${top + height / 2}) rotate(-90)"`)
      : '',
    `<clipPath id="plot"><rect width="${width}" height="${height}"/></clipPath>`,
    `<g transform="translate(${MARGIN.left} ${top})" clip-path="url(#plot)">${body}</g>`,
    ...notes.map((note, i) =>
      text(MARGIN.left, bottom + MARGIN.bottom + 8 + i * LINE, note, `fill-opacity="0.7"`),
    ),
    '</svg>',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function lineMarkup(
  view: ChartView,
  line: ChartView['lines'][number],
  size: PaperSize,
  paint: Paint,
): string {
  const path = curvePath(view, line.dataKey, size.width, size.height);
  if (!path) return '';
  const { colour, dash, width = 1.6 } = line.curve;
  const stroke = (paintOf: string, thick: number, more: string) =>
    `<path d="${path}" fill="none" stroke="${paintOf}" stroke-width="${thick}" stroke-linejoin="round" ${more}/>`;
  const band = line.outer ? stroke(paint(line.outer), width + 2.4, 'stroke-opacity="0.5"') : '';
  const raw = line.kind === 'raw';
  const dashed = dash && !raw ? `stroke-dasharray="${dash}"` : '';
  return (
    band +
    stroke(paint(colour), raw || line.outer ? 1 : width, `${raw ? 'stroke-opacity="0.3"' : ''} ${dashed}`)
  );
}

interface PaperSize {
  readonly width: number;
  readonly height: number;
}

/** A chart of metrics; `view` was built for the size of the plot. */
export function paperChart(
  title: string,
  view: ChartView,
  curves: readonly CurveSpec[],
  runs: readonly ShownRun[],
  size: PaperSize,
  paint: Paint,
): PaperFigure {
  const drawn = new Set(view.lines.map(({ dataKey }) => dataKey));
  const others = runs.filter(({ colour }) => colour !== null);
  const legend = runs.flatMap(({ id, name, colour }): PaperKey[] =>
    curves
      .filter(({ key }) => drawn.has(`${key}@${id}`))
      .map((curve) => ({
        label: colour !== null || others.length > 0 ? `${curve.label}, ${name}` : curve.label,
        colour: curve.colour,
        dash: curve.dash,
        outer: colour,
        mark: 'line' as const,
      })),
  );
  const smoothed = view.lines.some(({ kind }) => kind === 'raw');
  const notes = [
    view.outside > 0 ? `${formatCount(view.outside)} values lie outside the axis.` : '',
    smoothed ? 'Faint: as logged. Full: moving average.' : '',
  ].filter((note) => note !== '');
  return {
    title: view.difference ? `${title}, difference to ${view.difference.name}` : title,
    ...size,
    legend,
    body: view.lines.map((line) => lineMarkup(view, line, size, paint)).join(''),
    x: {
      label: view.x.log ? `${view.x.label} (log)` : view.x.label,
      ticks: view.xTicks.map(({ at, text: words }) => ({ at: at * size.width, text: words })),
    },
    y: {
      label: view.log ? 'log' : '',
      ticks: view.yTicks.map((value) => ({ at: yPixel(view, value, size.height), text: tickLabel(value) })),
    },
    notes,
  };
}
