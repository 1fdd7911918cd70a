// The legend of a chart, which is also its read-out: per curve a swatch, a name that switches it off, and the value
// logged at the hovered step, or the newest one. Figures have a fixed width, so nothing jumps while they grow.

import { memo } from 'react';
import { toggleCurve, useCharts } from '../../store/curves/charts.ts';
import { formatMeasured } from '../../util/format.ts';
import styles from './charts.module.css';
import type { CurveSpec, ShownRun } from './chartView.ts';

interface LegendProps {
  readonly curves: readonly CurveSpec[];
  readonly runs: readonly ShownRun[];
  /** Rows logged so far: a new number asks for new figures. */
  readonly length: number;
  /** Only the value, without name and switch. */
  readonly bare?: boolean;
}

function Swatch({ curve, outer }: { curve: CurveSpec; outer: string | null }) {
  return (
    <svg width="18" height="8" aria-hidden="true" className={styles.legendSwatch}>
      {outer && <line x1="0" x2="18" y1="4" y2="4" stroke={outer} strokeWidth="5" strokeOpacity="0.45" />}
      <line
        x1="0"
        x2="18"
        y1="4"
        y2="4"
        stroke={curve.colour}
        strokeWidth={outer ? 1 : (curve.width ?? 1.6)}
        strokeDasharray={curve.dash}
      />
    </svg>
  );
}

/** The logged value at the hovered step, exactly; the newest one when nothing is hovered. */
function readValue(run: ShownRun, curve: CurveSpec, hovered: number | null): number | null {
  const { series } = run;
  if (hovered === null) return series.latest(curve.metric);
  const index = series.nearest(hovered);
  return index >= 0 && series.steps.at(index) === hovered ? series.value(curve.metric, index) : null;
}

export const Legend = memo(function Legend({ curves, runs, bare }: LegendProps) {
  const hidden = useCharts((state) => state.hidden);
  const hovered = useCharts((state) => state.hovered);
  const [live, ...pinned] = runs;
  const overlaid = curves.filter(({ alone }) => !alone);
  if (!live) return null;
  if (bare) {
    return <span className={styles.legendValue}>{formatMeasured(readValue(live, curves[0]!, hovered))}</span>;
  }
  return (
    <div className={styles.legend}>
      {curves.map((curve) => (
        <button
          key={curve.key}
          type="button"
          className={styles.legendItem}
          aria-pressed={!hidden.has(curve.key)}
          title={hidden.has(curve.key) ? `Show ${curve.label}` : `Hide ${curve.label}`}
          onClick={() => toggleCurve(curve.key)}
        >
          <Swatch curve={curve} outer={null} />
          <span>{curve.label}</span>
          <span className={styles.legendValue}>{formatMeasured(readValue(live, curve, hovered))}</span>
        </button>
      ))}
      {pinned.map((run) => (
        <span key={run.id} className={styles.legendRun} title={run.name}>
          <Swatch curve={curves[0]!} outer={run.colour} />
          <span className={styles.legendRunName}>{run.name}</span>
          {overlaid.map((curve) => (
            <span key={curve.key} className={styles.legendValue}>
              {formatMeasured(readValue(run, curve, hovered))}
            </span>
          ))}
        </span>
      ))}
    </div>
  );
});
