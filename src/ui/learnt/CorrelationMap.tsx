// The correlations of the dimensions of one output as a map on a canvas, sorted by variance or so that what goes together stands
// together. A cell that is pointed at, or reached with the arrow keys, names its dimensions; the strongest pairs are a table.

import { SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { correlations } from '../../diagnostics/arrays.ts';
import { clustered, perBlock } from '../../diagnostics/correlation.ts';
import { dimensionsOf, type OutputPicture } from '../../diagnostics/snapshot.ts';
import { savePaper } from '../shell/download.ts';
import { CellFilms } from './CellFilms.tsx';
import { diverging, divergingGradient } from './diverging.ts';
import { Card } from './FigureCard.tsx';
import { imageSvg } from './figures.ts';
import styles from './learnt.module.css';

type Order = 'variance' | 'clustered';
const STRONGEST = 40;
const PAPER_SIDE = 512;

interface Shown {
  readonly blocks: number;
  /** [blocks, blocks] in the order shown. */
  readonly values: Float32Array;
  /** Which block of the picture stands at each place. */
  readonly order: readonly number[];
}

export function shownMap(picture: OutputPicture, order: Order): Shown {
  const { blocks } = picture;
  const all = correlations(picture);
  const places =
    order === 'clustered'
      ? clustered({ blocks, values: all })
      : Array.from({ length: blocks }, (_, block) => block);
  const values = new Float32Array(blocks * blocks);
  for (const [row, a] of places.entries()) {
    for (const [column, b] of places.entries()) values[row * blocks + column] = all[a * blocks + b]!;
  }
  return { blocks, values, order: places };
}

const namesOf = (dimensions: readonly number[]): string =>
  dimensions.length === 1
    ? `dimension ${dimensions[0]}`
    : `dimensions ${dimensions.slice(0, 4).join(', ')}${dimensions.length > 4 ? ' …' : ''}`;

/** What a cell stands for, in words. */
export function cellWords(
  picture: OutputPicture,
  { blocks, values, order }: Shown,
  row: number,
  column: number,
): string {
  const value = values[row * blocks + column]!;
  const [a, b] = [dimensionsOf(picture, order[row]!), dimensionsOf(picture, order[column]!)];
  const strongest = perBlock(picture.std.length) > 1 ? 'strongest correlation' : 'correlation';
  return row === column && a.length === 1
    ? `${namesOf(a)} with itself`
    : `${namesOf(a)} with ${namesOf(b)}: ${strongest} ${value.toFixed(2)}`;
}

/** The strongest correlations of two different rows. */
function strongestPairs(picture: OutputPicture, { blocks, values, order }: Shown): (number | string)[][] {
  const pairs: [number, number, number][] = [];
  for (let i = 0; i < blocks; i++) for (let j = 0; j < i; j++) pairs.push([i, j, values[i * blocks + j]!]);
  return pairs
    .sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]))
    .slice(0, STRONGEST)
    .map(([i, j, value]) => [
      dimensionsOf(picture, order[i]!).join(' '),
      dimensionsOf(picture, order[j]!).join(' '),
      Number(value.toFixed(2)),
    ]);
}

function sentenceOf(picture: OutputPicture, { blocks, values }: Shown, step: number): string {
  const apart = values.filter((_, at) => Math.floor(at / blocks) !== at % blocks).map(Math.abs);
  const strong = apart.filter((value) => value > 0.5).length / Math.max(1, apart.length);
  const mean = apart.reduce((sum, value) => sum + value, 0) / Math.max(1, apart.length);
  const per = perBlock(picture.std.length);
  const grouped = per > 1 ? `, ${per} dimensions to a cell, of which the strongest pair is shown` : '';
  return `At step ${step.toLocaleString('en')}: ${picture.std.length} dimensions${grouped}. Mean magnitude ${mean.toFixed(2)}; ${(100 * strong).toFixed(0)} % of the cells are beyond ±0.5. Blue: rising together; orange: one against the other.`;
}

function paint(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  { blocks, values }: Shown,
  scheme: 'light' | 'dark',
): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | null;
  if (!context) return;
  const image = context.createImageData(blocks, blocks);
  for (const [at, value] of values.entries()) image.data.set([...diverging(value, scheme), 255], 4 * at);
  context.putImageData(image, 0, 0);
}

async function save(picture: Shown, title: string, sentence: string, kind: 'svg' | 'png'): Promise<void> {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = picture.blocks;
  paint(canvas, picture, 'light');
  await savePaper(
    imageSvg(title, canvas.toDataURL('image/png'), PAPER_SIDE, [sentence.split('. ')[0]!]),
    title,
    kind,
  );
}

const MOVES: Record<string, readonly [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

interface MapProps {
  readonly picture: OutputPicture;
  readonly label: string;
  readonly step: number;
  /** A cell shows its films, as the network at hand has them. */
  readonly withFilms?: boolean;
}

/** Maps take longest to measure and come after the rest of a look. */
export function CorrelationMap(props: MapProps) {
  const title = titleOf(props.label);
  if (props.picture.blocks > 0) return <MeasuredMap {...props} />;
  return (
    <section aria-label={title} data-testid="correlations">
      <h3>{title}</h3>
      <p className={styles.sentence}>They are being measured for step {props.step.toLocaleString('en')}.</p>
    </section>
  );
}

const titleOf = (label: string) => `Correlations, ${label}`;

function MeasuredMap({ picture, label, step, withFilms = true }: MapProps) {
  const [order, setOrder] = useState<Order>('variance');
  const [cell, setCell] = useState<readonly [number, number] | null>(null);
  /** Blocks of the picture whose films are shown. */
  const [asked, setAsked] = useState<readonly [number, number] | null>(null);
  const scheme = useComputedColorScheme('light');
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useMemo(() => shownMap(picture, order), [picture, order]);
  const { blocks } = shown;
  const rows = useMemo(() => strongestPairs(picture, shown), [picture, shown]);
  useEffect(() => {
    if (canvas.current) paint(canvas.current, shown, scheme);
  }, [shown, scheme]);
  const sentence = sentenceOf(picture, shown, step);
  const title = titleOf(label);
  const within = (place: number) => Math.max(0, Math.min(blocks - 1, place));
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const at = (pixel: number, size: number) => within(Math.floor((blocks * pixel) / size));
    setCell([at(event.clientY - top, height), at(event.clientX - left, width)]);
  };
  const ask = () => setAsked(cell && [shown.order[within(cell[0])]!, shown.order[within(cell[1])]!]);
  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (event.key === 'Enter') ask();
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const stride = event.shiftKey ? 10 : 1;
    const [row, column] = cell ?? [0, 0];
    setCell(cell ? [within(row + stride * by[0]), within(column + stride * by[1])] : [0, 0]);
  };
  const [row, column] = cell ? [within(cell[0]), within(cell[1])] : [0, 0];
  return (
    <Card
      title={title}
      sentence={sentence}
      table={{ columns: ['dimensions', 'with', 'correlation'], rows }}
      array={{ shape: [blocks, blocks], data: Float64Array.from(shown.values) }}
      testId="correlations"
      onSave={(kind) => void save(shown, title, sentence, kind)}
      legend={
        <SegmentedControl
          size="xs"
          aria-label="Order of the dimensions"
          data={[
            { value: 'variance', label: 'By variance' },
            { value: 'clustered', label: 'Clustered' },
          ]}
          value={order}
          onChange={(value) => setOrder(value as Order)}
        />
      }
    >
      <div className={styles.map}>
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: its cells are read with the arrow keys.
          tabIndex={0}
          role="img"
          aria-label={`${title}. ${sentence} Arrow keys read the cells${withFilms ? ', Enter shows their films' : ''}.`}
          onKeyDown={move}
        >
          <canvas
            ref={canvas}
            width={blocks}
            height={blocks}
            aria-hidden
            onPointerMove={point}
            onPointerLeave={() => setCell(null)}
            onClick={ask}
          />
          {cell && (
            <span
              className={styles.cell}
              aria-hidden
              style={{
                left: `${(100 * column) / blocks}%`,
                top: `${(100 * row) / blocks}%`,
                width: `${100 / blocks}%`,
                height: `${100 / blocks}%`,
              }}
            />
          )}
        </div>
      </div>
      <div className={styles.scale}>
        <span className="num">−1</span>
        <span className={styles.scaleBar} style={{ background: divergingGradient(scheme) }} aria-hidden />
        <span className="num">1</span>
      </div>
      <p className={styles.readout} aria-live="polite" data-testid="correlation-cell">
        {cell
          ? cellWords(picture, shown, row, column)
          : `Point at a cell, or use the arrow keys${withFilms ? '; a click or Enter shows its films' : ''}.`}
      </p>
      {withFilms && asked && (
        <CellFilms
          output={picture.name}
          as={dimensionsOf(picture, asked[0])}
          bs={dimensionsOf(picture, asked[1])}
        />
      )}
    </Card>
  );
}
