// A chart of metrics over steps: heading, legend with read-out, plot, pointer sheet, menu, and the same in words.
// What is drawn is built by chartView when the redraw queue says so; zoom, smoothing and hover are shared by all
// charts through store/charts. The chart keeps no data of its own.

import { ActionIcon, Menu } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconDots } from '@tabler/icons-react';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import type { MetricName } from '../../protocol/metrics.ts';
import { useCharts } from '../../store/curves/charts.ts';
import { useLayout } from '../../store/page/layout.ts';
import { showError } from '../../store/session.ts';
import { formatCounted } from '../../util/format.ts';
import { lightPaint, paperFont, savePaper } from '../shell/download.ts';
import { ChartTable, Legend, summary } from './ChartLegend.tsx';
import { ChartPointer } from './ChartPointer.tsx';
import type { Frame } from './chartAxes.ts';
import styles from './charts.module.css';
import { buildView, type ChartView, type CurveSpec, type ShownRun } from './chartView.ts';
import { MetricChartLater } from './MetricChartLater.tsx';
import { type Paint, paperChart, paperSvg } from './paper.ts';
import { REDRAW_MS, useDrawn } from './redraw.ts';
import { shownRuns } from './shown.ts';

export interface MetricChartProps {
  /** Plain words, for file names and screen readers. */
  readonly title: string;
  /** What stands as heading: usually a name that opens its explanation. */
  readonly heading: ReactNode;
  readonly curves: readonly CurveSpec[];
  /** Height of the plot with its x axis. */
  readonly height: number;
  readonly testId?: string;
  readonly labels?: boolean;
  /** Said in the plot as long as there is nothing to draw. */
  readonly nothing?: string;
  /** Without legend and menu, for rows of small charts. */
  readonly small?: boolean;
  /** Without step numbers below, where the chart underneath carries them. */
  readonly bare?: boolean;
  /** Redrawn less often while data streams in. */
  readonly side?: boolean;
  readonly scaleWith?: readonly MetricName[];
}

interface Drawn {
  readonly view: ChartView;
  readonly runs: readonly ShownRun[];
  readonly markers: ShownRun['series']['markers'];
}

/** Large type needs as much more room. */
const PROJECTED = 1.35;

function useFrame({ labels, small, bare }: MetricChartProps): Frame {
  const type = useLayout(({ projector }) => (projector ? PROJECTED : 1));
  return useMemo(
    () => ({
      left: Math.round(type * (small ? 40 : 44)),
      right: labels ? Math.round(type * 70) : 10,
      top: small ? Math.round(type * 16) : 6,
      bottom: bare ? 6 : Math.round(type * 18),
    }),
    [labels, small, bare, type],
  );
}

export function MetricChart(props: MetricChartProps) {
  const { title, curves, height, scaleWith, testId, small } = props;
  const section = useRef<HTMLElement>(null);
  const { ref: plotRef, width } = useElementSize<HTMLDivElement>();
  const [table, setTable] = useState(false);
  const frame = useFrame(props);
  const plotWidth = width - frame.left - frame.right;
  const plotHeight = height - frame.top - frame.bottom;

  const build = useCallback((): Drawn => {
    const runs = shownRuns();
    const request = {
      curves,
      runs,
      charts: useCharts.getState(),
      width: plotWidth,
      height: plotHeight,
      scaleWith,
    };
    return { view: buildView(request), runs, markers: small ? [] : [...runs[0]!.series.markers] };
  }, [curves, plotWidth, plotHeight, scaleWith, small]);
  const drawn = useDrawn(section, width, build, props.side ? REDRAW_MS.side : REDRAW_MS.main);

  return (
    <section
      ref={section}
      className={styles.metricChart}
      data-testid={testId}
      data-zoom={drawn?.view.zoomed ? `${drawn.view.range.from}:${drawn.view.range.to}` : undefined}
      aria-label={title}
    >
      <header className={styles.metricChartHead}>
        {props.heading}
        {drawn && <Legend curves={curves} runs={drawn.runs} view={drawn.view} bare={props.small} />}
        {!props.small && (
          <ChartMenu title={title} chart={props} drawn={drawn} table={table} setTable={setTable} />
        )}
      </header>
      <div ref={plotRef} className={styles.metricChartPlot} style={{ height }}>
        {drawn && width > 0 && (
          <>
            <div aria-hidden="true">
              <MetricChartLater
                view={drawn.view}
                width={width}
                height={height}
                frame={frame}
                markers={drawn.markers}
                labels={props.labels ?? false}
              />
            </div>
            <ChartPointer
              view={drawn.view}
              runs={drawn.runs}
              width={width}
              height={height}
              frame={frame}
              label={title}
            />
          </>
        )}
      </div>
      {drawn?.view.rows.length === 0 && drawn.view.withoutLog.length === 0 && props.nothing && (
        <p className={styles.chartNothing}>{props.nothing}</p>
      )}
      {drawn && drawn.view.withoutLog.length > 0 && (
        <p
          className={drawn.view.rows.length === 0 ? styles.chartNothing : styles.chartNote}
          data-testid="without-log"
        >
          {noLogarithm(drawn.view.withoutLog)}
        </p>
      )}
      {drawn && !props.small && <ChartNotes view={drawn.view} />}
      {drawn && !props.small && <p className="visually-hidden">{summary(title, curves, drawn.runs[0]!)}</p>}
      {table && drawn && (
        <ChartTable title={title} curves={curves} runs={drawn.runs} range={drawn.view.range} />
      )}
    </section>
  );
}

/** Why a curve is missing on a log axis. */
function noLogarithm(labels: readonly string[]): string {
  const [first = '', ...others] = labels;
  const names =
    others.length > 0 ? `${[first, ...others.slice(0, -1)].join(', ')} and ${others.at(-1)}` : first;
  return `${names}: no value above zero here, so a log axis shows none.`;
}

/** What the axes leave out, and what the curves are where they are no metrics. */
function ChartNotes({ view }: { view: ChartView }) {
  const { outside, unplaced, difference, x } = view;
  const notes = [
    difference ? `Difference to ${difference.name}.` : '',
    outside > 0 ? `${formatCounted(outside, 'value lies', 'values lie')} outside this axis.` : '',
    unplaced.length > 0 ? `${unplaced.join(', ')}: not known by ${x.label}, so not drawn.` : '',
  ].filter((note) => note !== '');
  if (notes.length === 0) return null;
  return (
    <p className={styles.chartNote} data-testid="chart-notes">
      {notes.join(' ')}
    </p>
  );
}

/** The plot of a chart that is saved, pixels: about as wide as a column of text in print. */
const PAPER = { width: 560, height: 300 };

async function saveFigure({ title, curves }: MetricChartProps, kind: 'svg' | 'png'): Promise<void> {
  const runs = shownRuns();
  const view = buildView({ curves, runs, charts: useCharts.getState(), ...PAPER });
  const colours = [...curves.map(({ colour }) => colour), ...runs.flatMap(({ colour }) => colour ?? [])];
  const painted = lightPaint(colours);
  const paint: Paint = (colour) => painted.get(colour) ?? colour;
  const figure = paperChart(title, view, curves, runs, PAPER, paint);
  await savePaper(paperSvg(figure, paint, await paperFont()), title, kind);
}

interface ChartMenuProps {
  readonly title: string;
  readonly chart: MetricChartProps;
  readonly drawn: Drawn | null;
  readonly table: boolean;
  readonly setTable: (shown: boolean) => void;
}

function ChartMenu({ title, chart, drawn, table, setTable }: ChartMenuProps) {
  const save = (kind: 'svg' | 'png') => () => void saveFigure(chart, kind).catch(showError);
  const empty = !drawn || drawn.view.rows.length === 0;
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 80 }} withinPortal>
      <Menu.Target>
        <ActionIcon size={20} aria-label={`More about ${title}`}>
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => setTable(!table)}>{table ? 'Hide the table' : 'Show as a table'}</Menu.Item>
        <Menu.Item disabled={empty} onClick={save('svg')}>
          Save as SVG
        </Menu.Item>
        <Menu.Item disabled={empty} onClick={save('png')}>
          Save as PNG
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
