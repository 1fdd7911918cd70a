// AUROC of every finding as a dot with its 95 % interval, for the three encoders on one axis; the mean on top.
// Colour and shape both tell the encoders apart. A row can be clicked to show its ROC curve.

import { useElementSize } from '@mantine/hooks';
import {
  CartesianGrid,
  ErrorBar,
  ReferenceArea,
  ReferenceLine,
  Scatter,
  ScatterChart,
  XAxis,
  YAxis,
} from 'recharts';
import { ENCODER_NAMES, type EncoderName, type ScoredReport } from '../../../tasks/compared/record.ts';
import type { Interval } from '../../../tasks/record.ts';
import { encoderColour, MARK_SIZE } from '../../shell/theme.ts';
import styles from './DotPlotChart.module.css';

/** Rows share this height between them, within what still reads well. */
const PLOT_HEIGHT = 290;
const rowHeight = (rows: number) => Math.max(34, Math.min(56, Math.floor(PLOT_HEIGHT / rows)));
const AXIS_HEIGHT = 38;
const LABEL_WIDTH = 140;
/** Rows apart, the encoders of one finding lie this far from its middle. */
const OFFSET: Record<EncoderName, number> = { pretrained: -0.22, random: 0, pixels: 0.22 };
const ENCODER_SHAPE = { pretrained: 'circle', random: 'square', pixels: 'diamond' } as const;
const MEAN = 'Mean';

interface Dot {
  readonly auroc: number;
  readonly row: number;
  readonly reach: [number, number];
}

function dotsOf(rows: readonly Record<EncoderName, Interval>[], encoder: EncoderName): Dot[] {
  return rows.flatMap((scores, row) => {
    const { value, low, high } = scores[encoder];
    if (value === null) return [];
    return [
      { auroc: value, row: row + OFFSET[encoder], reach: [value - (low ?? value), (high ?? value) - value] },
    ];
  });
}

function axis(rows: readonly Record<EncoderName, Interval>[]): { domain: [number, number]; ticks: number[] } {
  const lows = rows.flatMap((row) => ENCODER_NAMES.map((name) => row[name].low ?? row[name].value ?? 0.5));
  const from = Math.max(0, Math.floor(Math.min(0.5, ...lows) * 10) / 10);
  const ticks = Array.from({ length: Math.round((1 - from) * 10) + 1 }, (_, i) =>
    Number((from + i / 10).toFixed(1)),
  );
  return { domain: [from, 1], ticks };
}

interface DotPlotChartProps {
  readonly report: ScoredReport;
  readonly selected: string | null;
  readonly onSelect: (finding: string) => void;
}

export function DotPlotChart({ report, selected, onSelect }: DotPlotChartProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const names = [MEAN, ...report.findings.map(({ finding }) => finding)];
  const rows = [report.mean, ...report.findings.map(({ auroc }) => auroc)];
  const { domain, ticks } = axis(rows);
  const height = rows.length * rowHeight(rows.length) + AXIS_HEIGHT;
  const chosen = selected === null ? -1 : names.indexOf(selected);
  return (
    <div className={styles.dotPlot} style={{ height }}>
      <RowNames names={names} selected={selected} onSelect={onSelect} />
      <div ref={ref} className={styles.dotArea}>
        {width > 0 && (
          <ScatterChart
            width={width}
            height={height}
            margin={{ top: 0, right: 16, bottom: 18, left: 8 }}
            accessibilityLayer={false}
            aria-hidden
          >
            <CartesianGrid horizontal={false} stroke="var(--hairline)" />
            {chosen > 0 && (
              <ReferenceArea y1={chosen - 0.5} y2={chosen + 0.5} fill="var(--ink)" fillOpacity={0.06} />
            )}
            <ReferenceLine y={0.5} stroke="var(--hairline-strong)" />
            <ReferenceLine x={0.5} stroke="var(--ink-faint)" strokeDasharray="2 3" />
            <XAxis
              type="number"
              dataKey="auroc"
              domain={domain}
              ticks={ticks}
              interval={0}
              tick={{ fontSize: MARK_SIZE, fill: 'var(--ink-faint)' }}
              stroke="var(--hairline-strong)"
              height={20}
              label={{
                value: 'AUROC (0.5 is chance)',
                position: 'bottom',
                offset: 2,
                fontSize: MARK_SIZE,
                fill: 'var(--ink-dim)',
              }}
            />
            <YAxis
              type="number"
              dataKey="row"
              reversed
              domain={[-0.5, rows.length - 0.5]}
              width={0}
              tick={false}
              axisLine={false}
              tickLine={false}
            />
            {ENCODER_NAMES.map((name) => (
              <Scatter
                key={name}
                data={dotsOf(rows, name)}
                fill={encoderColour(name)}
                shape={ENCODER_SHAPE[name]}
                isAnimationActive={false}
              >
                <ErrorBar
                  dataKey="reach"
                  direction="x"
                  width={0}
                  strokeWidth={1.6}
                  stroke={encoderColour(name)}
                  isAnimationActive={false}
                />
              </Scatter>
            ))}
          </ScatterChart>
        )}
      </div>
    </div>
  );
}

interface RowNamesProps {
  readonly names: readonly string[];
  readonly selected: string | null;
  readonly onSelect: (finding: string) => void;
}

function RowNames({ names, selected, onSelect }: RowNamesProps) {
  return (
    <div className={styles.dotNames} style={{ width: LABEL_WIDTH }}>
      {names.map((name, row) =>
        row === 0 ? (
          <strong key={MEAN} style={{ height: rowHeight(names.length) }}>
            {name}
          </strong>
        ) : (
          <button
            key={name}
            type="button"
            aria-pressed={name === selected}
            style={{ height: rowHeight(names.length) }}
            title={`Show the ROC curves of ${name}`}
            onClick={() => onSelect(name)}
          >
            {name}
          </button>
        ),
      )}
    </div>
  );
}
