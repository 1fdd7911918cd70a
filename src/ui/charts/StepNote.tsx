// Where one is looking: the hovered step, else the zoomed window, else what the curve is. One fixed place for all charts.

import { useCharts } from '../../store/curves/charts.ts';
import { formatCount } from '../../util/format.ts';
import styles from './charts.module.css';

export function StepNote({ otherwise }: { otherwise: string }) {
  const hovered = useCharts((state) => state.hovered);
  const range = useCharts((state) => state.range);
  const follow = useCharts((state) => state.follow);
  const zoomed = range
    ? follow
      ? `the last ${formatCount(range.to - range.from)} steps`
      : `steps ${formatCount(range.from)}–${formatCount(range.to)}`
    : otherwise;
  return (
    <span className={`num dim ${styles.stepNote}`}>
      {hovered === null ? zoomed : `step ${formatCount(hovered)}`}
    </span>
  );
}
