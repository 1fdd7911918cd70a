// The ROC curves of one finding for the three encoders, with the diagonal that guessing gives.
// Curves are those of the first label draw, as the report carries them.

import { useElementSize } from '@mantine/hooks';
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import { ENCODER_NAMES, type FindingScore, type RocCurve } from '../../../tasks/compared/record.ts';
import { encoderColour, MARK_SIZE } from '../../shell/theme.ts';

/** More points than this cannot be told apart in a square of this size. */
const MAX_POINTS = 300;
const MAX_SIDE = 330;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const TICK = { fontSize: MARK_SIZE, fill: 'var(--ink-faint)' } as const;
const NO_SHAPE = () => <g />;

function pointsOf({ fpr, tpr }: RocCurve): { fpr: number; tpr: number }[] {
  const every = Math.max(1, Math.ceil(fpr.length / MAX_POINTS));
  return fpr
    .map((x, i) => ({ fpr: x, tpr: tpr[i] ?? x }))
    .filter((_, i) => i % every === 0 || i === fpr.length - 1);
}

const LABEL = { fontSize: MARK_SIZE, fill: 'var(--ink-dim)' } as const;

export function RocChart({ score }: { score: FindingScore }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const side = Math.min(MAX_SIDE, width);
  return (
    <div ref={ref} style={{ minHeight: side }}>
      {side > 0 && (
        <ScatterChart
          width={side}
          height={side}
          margin={{ top: 8, right: 12, bottom: 18, left: 0 }}
          accessibilityLayer={false}
          style={{ pointerEvents: 'none' }}
          aria-hidden
        >
          <CartesianGrid stroke="var(--hairline)" />
          <XAxis
            type="number"
            dataKey="fpr"
            domain={[0, 1]}
            ticks={TICKS}
            tick={TICK}
            height={20}
            stroke="var(--hairline-strong)"
            label={{ ...LABEL, value: 'False positive rate', position: 'bottom', offset: 2 }}
          />
          <YAxis
            type="number"
            dataKey="tpr"
            domain={[0, 1]}
            ticks={TICKS}
            tick={TICK}
            width={52}
            stroke="var(--hairline-strong)"
            label={{ ...LABEL, value: 'True positive rate', angle: -90, position: 'insideLeft', offset: 12 }}
          />
          <ReferenceLine
            segment={[
              { x: 0, y: 0 },
              { x: 1, y: 1 },
            ]}
            stroke="var(--hairline-strong)"
            strokeDasharray="3 3"
          />
          {[...ENCODER_NAMES].reverse().map((name) => {
            const curve = score.roc[name];
            return (
              curve && (
                <Scatter
                  key={name}
                  data={pointsOf(curve)}
                  shape={NO_SHAPE}
                  line={{
                    stroke: encoderColour(name),
                    strokeWidth: name === 'pretrained' ? 2 : 1.5,
                    strokeDasharray: name === 'pixels' ? '5 3' : undefined,
                  }}
                  isAnimationActive={false}
                />
              )
            );
          })}
        </ScatterChart>
      )}
    </div>
  );
}
