// One picture of "What is learnt": heading, drawing, the sentence that says what it shows, and a menu with its table and files.
// The frame alone is here; what is drawn is figures.ts, the map of correlations CorrelationMap.tsx.

import { ActionIcon, Menu, Table } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconDots } from '@tabler/icons-react';
import { type ReactNode, useMemo, useState } from 'react';
import { formatFigure } from '../../util/format.ts';
import { npyBytes } from '../../util/npy.ts';
import type { EntryId } from '../../words/words.ts';
import { paperSvg } from '../charts/paper.ts';
import { Term } from '../lessons/Entry.tsx';
import { fileName, lightPaint, paperFont, saveBlob, savePaper, saveText } from '../shell/download.ts';
import { coloursOf, type Figure, paperFigureOf, plotMarkup, tableCsv, ticksOf } from './figures.ts';
import styles from './learnt.module.css';

const HEIGHT = 202;
const FRAME = { left: 44, right: 10, top: 20, bottom: 34 };
/** A table on the page is for reading; the whole of it goes to a file. */
const MOST_ROWS = 200;

interface CardProps {
  readonly title: string;
  readonly sentence: string;
  readonly table: Figure['table'];
  readonly array: Figure['array'];
  readonly onSave: (kind: 'svg' | 'png') => void;
  readonly testId: string;
  /** The entry of the glossary that its title opens. */
  readonly term?: EntryId | undefined;
  readonly legend?: ReactNode;
  readonly children: ReactNode;
}

export function Card({ title, sentence, table, array, onSave, testId, term, legend, children }: CardProps) {
  const [shown, setShown] = useState(false);
  const name = fileName(title);
  return (
    <section aria-label={title} data-testid={testId}>
      <header className={styles.head}>
        <h3>{term ? <Term id={term}>{title}</Term> : title}</h3>
        <span className="spring" />
        <Menu position="bottom-end" transitionProps={{ duration: 80 }} withinPortal>
          <Menu.Target>
            <ActionIcon size={20} aria-label={`More about ${title}`}>
              <IconDots size={14} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setShown(!shown)}>
              {shown ? 'Hide the table' : 'Show as a table'}
            </Menu.Item>
            <Menu.Item onClick={() => saveText(`${name}.csv`, tableCsv(table), 'text/csv')}>
              Save as CSV
            </Menu.Item>
            <Menu.Item onClick={() => saveBlob(`${name}.npy`, new Blob([npyBytes(array)]))}>
              Save for NumPy
            </Menu.Item>
            <Menu.Item onClick={() => onSave('svg')}>Save as SVG</Menu.Item>
            <Menu.Item onClick={() => onSave('png')}>Save as PNG</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      {legend}
      {children}
      <p className={styles.sentence}>{sentence}</p>
      {shown && <Rows title={title} table={table} />}
    </section>
  );
}

function Rows({ title, table: { columns, rows } }: { title: string; table: Figure['table'] }) {
  return (
    <div className={styles.rows}>
      <Table aria-label={`${title}, as a table`} verticalSpacing={2} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, MOST_ROWS).map((row) => (
            <Table.Tr key={row.slice(0, 2).join()}>
              {row.map((value, i) => (
                <Table.Td key={columns[i]} className="num">
                  {typeof value === 'number' ? formatFigure(value) : value}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rows.length > MOST_ROWS && (
        <p className="dim">
          The first {MOST_ROWS} of {rows.length} rows; files have all of them.
        </p>
      )}
    </div>
  );
}

async function save(figure: Figure, kind: 'svg' | 'png'): Promise<void> {
  const light = lightPaint(coloursOf(figure));
  const paint = (colour: string) => light.get(colour) ?? colour;
  await savePaper(paperSvg(paperFigureOf(figure, paint), paint, await paperFont()), figure.title, kind);
}

const asNamed = (colour: string) => colour;

/** A figure on axes. */
export function FigureCard({
  figure,
  testId,
  term,
}: { figure: Figure } & Pick<CardProps, 'testId' | 'term'>) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const inside = Math.max(40, width - FRAME.left - FRAME.right);
  const tall = HEIGHT - FRAME.top - FRAME.bottom;
  const markup = useMemo(() => plotMarkup(figure, inside, tall, asNamed), [figure, inside, tall]);
  return (
    <Card
      title={figure.title}
      sentence={figure.sentence}
      table={figure.table}
      array={figure.array}
      testId={testId}
      term={term}
      onSave={(kind) => void save(figure, kind)}
      legend={<Keys figure={figure} />}
    >
      <div ref={ref} style={{ height: HEIGHT }}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-label={`${figure.title}. ${figure.sentence}`}>
            <g transform={`translate(${FRAME.left} ${FRAME.top})`}>
              <PlotAxes figure={figure} width={inside} height={tall} />
              {/* biome-ignore lint/security/noDangerouslySetInnerHtml: numbers and names of colours, made in figures.ts. */}
              <g dangerouslySetInnerHTML={{ __html: markup }} />
            </g>
          </svg>
        )}
      </div>
    </Card>
  );
}

function Keys({ figure }: { figure: Figure }) {
  if (figure.traces.length < 2) return null;
  return (
    <ul className={styles.keys}>
      {figure.traces.map(({ label, colour, dash, kind }) => (
        <li key={label}>
          <svg width="16" height="8" aria-hidden>
            {kind === 'line' ? (
              <line x1="0" x2="16" y1="4" y2="4" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
            ) : (
              <circle cx="8" cy="4" r="3" fill={colour} />
            )}
          </svg>
          {label}
        </li>
      ))}
    </ul>
  );
}

function PlotAxes({ figure: { x, y }, width, height }: { figure: Figure; width: number; height: number }) {
  return (
    <g className={styles.axes}>
      {ticksOf(y, height, 5).map(({ at, text }) => (
        <g key={text} transform={`translate(0 ${height - at})`}>
          <line x2={width} />
          <text x={-6} dy="0.32em" textAnchor="end">
            {text}
          </text>
        </g>
      ))}
      {ticksOf(x, width, Math.max(2, Math.floor(width / 70))).map(({ at, text }) => (
        <text key={text} x={at} y={height + 14} textAnchor="middle">
          {text}
        </text>
      ))}
      <text x={-FRAME.left} y={-8}>
        {y.label}
      </text>
      <text x={width / 2} y={height + 28} textAnchor="middle">
        {x.label}
      </text>
    </g>
  );
}
