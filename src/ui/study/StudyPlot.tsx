// The dot plot of a study: a panel for each label share, a dot and its interval over patients for each row. The geometry is that
// of the report (study/report/dotPlot.ts).

import { useElementSize } from '@mantine/hooks';
import { dotPlot } from '../../study/report/dotPlot.ts';
import type { StudyRow } from '../../study/table.ts';
import { percent } from '../../tasks/compared/words.ts';
import styles from './StudyPlot.module.css';

const LABELS = 220;
const RADIUS = 4;
const AXIS = 40;

export function StudyPlot({ rows }: { rows: readonly StudyRow[] }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const { height, panels, ticks, panelWidth } = dotPlot(rows, Math.max(360, width), LABELS);
  const bottom = height - AXIS;
  return (
    <div ref={ref} className={styles.studyPlot}>
      {width > 0 && (
        <svg width={Math.max(360, width)} height={height} role="img" aria-label="Mean AUROC of each row">
          {rows.map(({ id, label }, r) => (
            <text key={id} x={LABELS - 12} y={panels[0]!.dots[r]!.y + 4} textAnchor="end">
              {label}
            </text>
          ))}
          {panels.map(({ share, left, dots }) => (
            <g key={share} transform={`translate(${left} 0)`}>
              <text x={panelWidth / 2} y={14} textAnchor="middle">
                {percent(share)}
              </text>
              {ticks.map(({ value, x }) => (
                <g key={value}>
                  <line className={styles.grid} x1={x} x2={x} y1={26} y2={bottom} />
                  <text className={styles.tick} x={x} y={bottom + 14} textAnchor="middle">
                    {value}
                  </text>
                </g>
              ))}
              {dots.map(({ row, x, from, to, y }, r) =>
                x === null ? null : (
                  <g key={row} className={rows[r]!.method === null ? styles.baseline : styles.method}>
                    {from !== null && to !== null && <line x1={from} x2={to} y1={y} y2={y} />}
                    <circle cx={x} cy={y} r={RADIUS} />
                  </g>
                ),
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
