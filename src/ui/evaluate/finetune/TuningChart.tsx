// How fine-tuning goes, epoch by epoch: the mean AUROC of the validation films, by which the best epoch is chosen, and the loss of the
// training films; a line for each start and draw of labels. While it goes on the lines grow, and the report keeps them.

import { useElementSize } from '@mantine/hooks';
import { CartesianGrid, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import { ENCODERS } from '../../../tasks/compared/record.ts';
import { TUNED_STARTS, type TunedEpoch } from '../../../tasks/finetune/record.ts';
import chartStyles from '../../charts/charts.module.css';
import { encoderColour, MARK_SIZE } from '../../shell/theme.ts';
import scoreStyles from '../scores/ScoresView.module.css';

const HEIGHT = 180;
const TICK = { fontSize: MARK_SIZE, fill: 'var(--ink-faint)' } as const;
const LABEL = { fontSize: MARK_SIZE, fill: 'var(--ink-dim)' } as const;
const NO_SHAPE = () => <g />;

interface Line {
  readonly key: string;
  readonly start: TunedEpoch['start'];
  readonly points: { readonly epoch: number; readonly value: number }[];
}

/** A line for each start and draw, in the order in which they were trained; random starts first, so that none hides a pretrained one. */
export function linesOf(epochs: readonly TunedEpoch[], of: 'auroc' | 'loss'): Line[] {
  const lines = new Map<string, Line>();
  for (const { start, draw, epoch, [of]: value } of epochs) {
    const key = `${start} ${draw}`;
    const line = lines.get(key) ?? { key, start, points: [] };
    lines.set(key, line);
    if (value !== null) line.points.push({ epoch, value });
  }
  return [...lines.values()].sort((a, b) => TUNED_STARTS.indexOf(b.start) - TUNED_STARTS.indexOf(a.start));
}

function TuningChart({ title, lines }: { title: string; lines: readonly Line[] }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const last = Math.max(2, ...lines.flatMap(({ points }) => points.map(({ epoch }) => epoch)));
  return (
    <section aria-label={title}>
      <header className={chartStyles.metricChartHead}>
        <h3 className={chartStyles.chartTitle}>{title}</h3>
      </header>
      <div ref={ref} style={{ height: HEIGHT }}>
        {width > 0 && (
          <ScatterChart
            width={width}
            height={HEIGHT}
            margin={{ top: 8, right: 12, bottom: 18, left: 0 }}
            accessibilityLayer={false}
            style={{ pointerEvents: 'none' }}
            aria-hidden
          >
            <CartesianGrid stroke="var(--hairline)" />
            <XAxis
              type="number"
              dataKey="epoch"
              domain={[1, last]}
              allowDecimals={false}
              tick={TICK}
              height={20}
              stroke="var(--hairline-strong)"
              label={{ ...LABEL, value: 'Epoch', position: 'bottom', offset: 2 }}
            />
            <YAxis
              type="number"
              dataKey="value"
              domain={['auto', 'auto']}
              tick={TICK}
              width={52}
              stroke="var(--hairline-strong)"
            />
            {lines.map(({ key, start, points }) => (
              <Scatter
                key={key}
                data={points}
                shape={NO_SHAPE}
                line={{ stroke: encoderColour(start), strokeWidth: start === 'pretrained' ? 2 : 1.5 }}
                isAnimationActive={false}
              />
            ))}
          </ScatterChart>
        )}
      </div>
    </section>
  );
}

export function TuningCharts({ epochs }: { epochs: readonly TunedEpoch[] }) {
  const newest = epochs.at(-1);
  if (!newest) return null;
  const { start, draw, epoch, loss, auroc } = newest;
  return (
    <div data-testid="tuning-curves">
      <div className={scoreStyles.probePlots}>
        <TuningChart title="Mean AUROC of the validation films" lines={linesOf(epochs, 'auroc')} />
        <TuningChart title="Loss of the training films" lines={linesOf(epochs, 'loss')} />
      </div>
      <p className={`dim num ${scoreStyles.probeProtocol}`}>
        {TUNED_STARTS.map((name) => (
          <span key={name} style={{ color: encoderColour(name) }}>
            {ENCODERS[name]}{' '}
          </span>
        ))}
        Last: {ENCODERS[start].toLowerCase()}, label draw {draw + 1}, epoch {epoch}: loss {loss.toFixed(4)}
        {auroc !== null && `, AUROC ${auroc.toFixed(3)}`}.
      </p>
    </div>
  );
}
