// The pictures of "What is learnt" as data: points on two axes, a sentence, and the table behind them, from which the drawing
// on the page, the figure for a paper and the files are made alike. Nothing here touches the DOM.

import { deadDimensions } from '../../diagnostics/correlation.ts';
import { MEASURES, type MeasureName, powerLaw } from '../../diagnostics/measures.ts';
import type { OutputName, OutputPicture, Snapshot } from '../../diagnostics/snapshot.ts';
import type { Level } from '../../methods/record/statistics.ts';
import { formatFigure } from '../../util/format.ts';
import { linearTicks, logTicks, tickLabel } from '../charts/chartAxes.ts';
import { escaped, type Paint, type PaperFigure } from '../charts/paper.ts';
import { levelColour } from '../shell/theme.ts';

export interface Trace {
  readonly label: string;
  readonly colour: string;
  readonly kind: 'line' | 'points' | 'bars';
  readonly dash?: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  readonly label: string;
  readonly log: boolean;
  readonly range: readonly [number, number];
}

export interface Figure {
  readonly title: string;
  /** What it shows, in words: stands below it, and is what a screen reader says. */
  readonly sentence: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly traces: readonly Trace[];
  readonly table: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (number | string)[])[];
  };
  /** What goes to NumPy: a plain table of numbers. */
  readonly array: { readonly shape: readonly number[]; readonly data: Float64Array };
}

/** Levels from light to dark, heads in another hue, dashed from the second on. */
export function outputLook(outputs: readonly OutputName[], name: string): Pick<Trace, 'colour' | 'dash'> {
  const output = outputs.find((one) => one.name === name);
  const place = outputs.filter(({ kind }) => kind === output?.kind).findIndex((one) => one.name === name);
  if (output?.kind === 'level') return { colour: levelColour('blue', (place + 1) as Level) };
  const colour = output?.kind === 'other' ? 'var(--term-violet)' : 'var(--term-amber)';
  return place > 0 ? { colour, dash: '5 3' } : { colour };
}

const ASIDE = 0.06;

/** An axis over all values, with a little air. */
function axisOver(label: string, values: readonly number[], log = false): Axis {
  const known = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  if (known.length === 0) return { label, log, range: log ? [0.1, 10] : [0, 1] };
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (log) return { label, log, range: [low / 1.15, high * 1.15] };
  const air = high > low ? ASIDE * (high - low) : Math.max(0.5, Math.abs(high) * 0.1);
  return { label, log, range: [low >= 0 && low < air ? 0 : low - air, high + air] };
}

const flat = (rows: readonly (readonly (number | string)[])[]): Figure['array'] => {
  const width = rows[0]?.length ?? 0;
  return { shape: [rows.length, width], data: Float64Array.from(rows.flat(), Number) };
};

const atStep = (step: number) => `step ${step.toLocaleString('en')}`;

/** Eigenvalues over their rank on log axes, with the line whose slope is alpha. */
export function spectrumFigure(picture: OutputPicture, label: string, step: number): Figure {
  const values = Array.from(picture.eigenvalues);
  const law = powerLaw(values);
  const [first, last] = law.fit;
  const lineAt = (rank: number) => Math.exp(law.intercept - law.alpha * Math.log(rank));
  const points = values.map((value, i) => [i + 1, value] as const).filter(([, value]) => value > 0);
  // What single precision leaves of nothing would only stretch the axis.
  const shown = points.filter(([, value]) => value > 1e-9 * (values[0] ?? 0));
  const { rankme, participation, 'stable-rank': stable } = picture.measured;
  const rows = values.map((value, i) => [i + 1, value]);
  return {
    title: `Spectrum, ${label}`,
    sentence: `At ${atStep(step)} the variance of ${picture.std.length} dimensions falls off as rank to the power of ${(-law.alpha).toFixed(2)} (ranks ${first} to ${last}, r² ${law.r2.toFixed(2)}). RankMe ${formatFigure(rankme)}, participation ${formatFigure(participation)}, stable rank ${formatFigure(stable)}.`,
    x: { label: 'Rank', log: true, range: [1, Math.max(2, values.length)] },
    y: axisOver(
      'Eigenvalue',
      shown.map(([, value]) => value),
      true,
    ),
    traces: [
      { label: 'Eigenvalues', kind: 'points', colour: 'var(--term-blue)', points: shown },
      {
        label: `Slope −${law.alpha.toFixed(2)}`,
        kind: 'line',
        colour: 'var(--term-amber)',
        points: [first, last].map((rank) => [rank, lineAt(rank)] as const),
      },
    ],
    table: { columns: ['rank', 'eigenvalue'], rows },
    array: flat(rows),
  };
}

const BINS = 24;

/** How many dimensions have which standard deviation. */
export function deviationFigure(picture: OutputPicture, label: string, step: number): Figure {
  const std = Array.from(picture.std);
  const most = Math.max(...std, Number.MIN_VALUE);
  const counts = new Array<number>(BINS).fill(0);
  for (const value of std) counts[Math.min(BINS - 1, Math.floor((BINS * value) / most))]!++;
  const dead = deadDimensions(std);
  const mean = std.reduce((sum, value) => sum + value, 0) / std.length;
  return {
    title: `Standard deviations, ${label}`,
    sentence: `At ${atStep(step)} ${dead === 0 ? 'no dimension is' : `${dead} of ${std.length} dimensions are`} dead (below 1 % of the largest deviation). Mean ${formatFigure(mean)}, largest ${formatFigure(most)}.`,
    x: { label: 'Standard deviation', log: false, range: [0, most] },
    y: { ...axisOver('Dimensions', [0, ...counts]), range: [0, 1.06 * Math.max(...counts, 1)] },
    traces: [
      {
        label: 'Dimensions',
        kind: 'bars',
        colour: 'var(--term-blue)',
        points: counts.map((count, bin) => [((bin + 0.5) * most) / BINS, count] as const),
      },
    ],
    table: { columns: ['dimension', 'standard deviation'], rows: std.map((value, j) => [j, value]) },
    array: { shape: [std.length], data: Float64Array.from(std) },
  };
}

/** Alignment and uniformity as a path over the run, the step shown marked on it. */
export function pathFigure(
  snapshots: readonly Snapshot[],
  name: string,
  label: string,
  step: number,
): Figure {
  const path = snapshots.flatMap((snapshot) => {
    const found = snapshot.outputs.find((output) => output.name === name);
    return found ? [{ step: snapshot.step, ...found.measured }] : [];
  });
  const pointOf = ({ uniformity, alignment }: (typeof path)[number]) => [uniformity, alignment] as const;
  const now = path.find((one) => one.step === step) ?? path.at(-1);
  const start = path[0];
  const rows = path.map((one) => [one.step, one.uniformity, one.alignment]);
  const sentence =
    now && start
      ? `From ${atStep(start.step)} to ${atStep(now.step)} alignment went from ${formatFigure(start.alignment)} to ${formatFigure(now.alignment)}, uniformity from ${formatFigure(start.uniformity)} to ${formatFigure(now.uniformity)}. Lower is better for both; alignment alone near zero with uniformity near zero is collapse.`
      : 'Nothing has been measured yet.';
  return {
    title: `Alignment and uniformity, ${label}`,
    sentence,
    x: axisOver(
      'Uniformity',
      path.map(({ uniformity }) => uniformity),
    ),
    y: axisOver(
      'Alignment',
      path.map(({ alignment }) => alignment),
    ),
    traces: [
      { label: 'Path', kind: 'line', colour: 'var(--ink-faint)', points: path.map(pointOf) },
      { label: 'Start', kind: 'points', colour: 'var(--term-green)', points: start ? [pointOf(start)] : [] },
      {
        label: atStep(now?.step ?? 0),
        kind: 'points',
        colour: 'var(--term-amber)',
        points: now ? [pointOf(now)] : [],
      },
    ],
    table: { columns: ['step', 'uniformity', 'alignment'], rows },
    array: flat(rows),
  };
}

/** One measure of every output over the run. */
export function measureFigure(
  snapshots: readonly Snapshot[],
  outputs: readonly OutputName[],
  measure: MeasureName,
): Figure {
  const { label, meaning, notAcross } = MEASURES[measure];
  const traces = outputs.map(({ name, label: output }) => ({
    label: output,
    kind: 'line' as const,
    ...outputLook(outputs, name),
    points: snapshots.flatMap(({ step, outputs: made }): [number, number][] => {
      const value = made.find((one) => one.name === name)?.measured[measure] ?? Number.NaN;
      return Number.isFinite(value) ? [[step, value]] : [];
    }),
  }));
  const rows = snapshots.map(({ step, outputs: made }) => [
    step,
    ...outputs.map(({ name }) => made.find((one) => one.name === name)?.measured[measure] ?? Number.NaN),
  ]);
  return {
    title: label,
    sentence: `${meaning} Not to be compared across ${notAcross}.`,
    x: axisOver(
      'Step',
      snapshots.map(({ step }) => step),
    ),
    y: axisOver(
      label,
      traces.flatMap(({ points }) => points.map(([, value]) => value)),
    ),
    traces,
    table: { columns: ['step', ...outputs.map(({ label: output }) => output)], rows },
    array: flat(rows),
  };
}

const FINDING_COLOURS = ['blue', 'amber', 'green', 'violet'] as const;

/** AUROC of the neighbours' vote over the run; null where nobody could be asked. */
export function neighbourFigure(snapshots: readonly Snapshot[]): Figure | null {
  const last = snapshots.at(-1)?.neighbours;
  if (!last) return null;
  const traces = last.scores.map(({ finding }, i) => {
    const colour = `var(--term-${FINDING_COLOURS[i % FINDING_COLOURS.length]})`;
    const points = snapshots.flatMap(({ step, neighbours }): [number, number][] => {
      const value = neighbours?.scores[i]?.auroc ?? Number.NaN;
      return Number.isFinite(value) ? [[step, value]] : [];
    });
    return {
      label: finding,
      kind: 'line' as const,
      colour,
      ...(i >= FINDING_COLOURS.length ? { dash: '5 3' } : {}),
      points,
    };
  });
  const now = last.scores.map(
    ({ finding, auroc }) => `${finding} ${Number.isFinite(auroc) ? auroc.toFixed(2) : 'not defined'}`,
  );
  const rows = snapshots.map(({ step, neighbours }) => [
    step,
    ...last.scores.map((_, i) => neighbours?.scores[i]?.auroc ?? Number.NaN),
  ]);
  return {
    title: 'Neighbours',
    sentence: `AUROC by the vote of ${last.bank} training films on ${last.asked} validation films: ${now.join(', ')}. So few films tell little apart: differences below 0.1 may be chance. Labels are only looked at, nothing learns from them; no test film is among them.`,
    x: axisOver(
      'Step',
      snapshots.map(({ step }) => step),
    ),
    y: axisOver('AUROC', [0.5, ...traces.flatMap(({ points }) => points.map(([, value]) => value))]),
    traces,
    table: { columns: ['step', ...last.scores.map(({ finding }) => finding)], rows },
    array: flat(rows),
  };
}

/** Place of a value on an axis of so many pixels, from its low end. */
export function placeOn({ range: [low, high], log }: Axis, value: number, pixels: number): number {
  const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return pixels * share;
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export function ticksOf(axis: Axis, pixels: number, count: number): Tick[] {
  const [low, high] = axis.range;
  const values = axis.log ? logTicks(low, high, count) : linearTicks(low, high, count);
  return values.map((value) => ({ at: placeOn(axis, value, pixels), text: tickLabel(value) }));
}

/** SVG inside the plot, its origin at the top left; colours are asked for by name. */
export function plotMarkup({ x, y, traces }: Figure, width: number, height: number, paint: Paint): string {
  const at = ([px, py]: readonly [number, number]) =>
    [placeOn(x, px, width), height - placeOn(y, py, height)] as const;
  return traces
    .map(({ kind, points, colour, dash }) => {
      const places = points.map(at);
      if (kind === 'line') {
        const path = places
          .map(([px, py], i) => `${i ? 'L' : 'M'}${px.toFixed(1)} ${py.toFixed(1)}`)
          .join('');
        const dashed = dash ? ` stroke-dasharray="${dash}"` : '';
        // One point makes no line; it is shown as one.
        const alone = places.length === 1 ? dot(places[0]!, paint(colour)) : '';
        return `<path d="${path}" fill="none" stroke="${paint(colour)}" stroke-width="1.6" stroke-linejoin="round"${dashed}/>${alone}`;
      }
      if (kind === 'points') return places.map((place) => dot(place, paint(colour))).join('');
      const wide = Math.max(1, width / Math.max(1, points.length) - 1);
      return places
        .map(
          ([px, py]) =>
            `<rect x="${(px - wide / 2).toFixed(1)}" y="${py.toFixed(1)}" width="${wide.toFixed(1)}" height="${(height - py).toFixed(1)}" fill="${paint(colour)}"/>`,
        )
        .join('');
    })
    .join('');
}

const dot = ([x, y]: readonly [number, number], fill: string) =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.4" fill="${fill}"/>`;

const PAPER = { width: 420, height: 280 };

/** The figure for a paper. */
export function paperFigureOf(figure: Figure, paint: Paint): PaperFigure {
  const { width, height } = PAPER;
  const y = ticksOf(figure.y, height, 6).map(({ at, text }) => ({ at: height - at, text }));
  return {
    title: figure.title,
    width,
    height,
    legend: figure.traces.map(({ label, colour, dash, kind }) => ({
      label,
      colour,
      ...(dash ? { dash } : {}),
      mark: kind === 'line' ? 'line' : 'point',
    })),
    body: plotMarkup(figure, width, height, paint),
    x: { label: figure.x.label, ticks: ticksOf(figure.x, width, 6) },
    y: { label: figure.y.label, ticks: y },
    notes: [],
  };
}

const cell = (value: number | string): string =>
  typeof value === 'number'
    ? Number.isFinite(value)
      ? String(value)
      : ''
    : `"${value.replaceAll('"', '""')}"`;

export const tableCsv = ({ columns, rows }: Figure['table']): string =>
  `${[columns.map(cell), ...rows.map((row) => row.map(cell))].map((line) => line.join(',')).join('\n')}\n`;

/** The colours that a figure asks for. */
export const coloursOf = ({ traces }: Figure): string[] => traces.map(({ colour }) => colour);

/** A picture made of cells, for a paper: an image within an SVG. */
export const imageSvg = (title: string, image: string, side: number, notes: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side + 24 + 16 * notes.length}" font-family="Helvetica, Arial, sans-serif" font-size="12"><title>${escaped(title)}</title><rect width="100%" height="100%" fill="white"/><text x="0" y="14" font-size="14">${escaped(title)}</text><image x="0" y="22" width="${side}" height="${side}" href="${image}" style="image-rendering: pixelated"/>${notes.map((note, i) => `<text x="0" y="${side + 36 + 16 * i}">${escaped(note)}</text>`).join('')}</svg>`;
