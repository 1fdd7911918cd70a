// A curve the size of a word: where a run came from and whether it was falling. No axes; the exact values are in the charts.

import styles from './charts.module.css';

interface Props {
  readonly values: readonly number[];
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

export function Sparkline({ values, label, width = 96, height = 28 }: Props) {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low || 1;
  const points = finite.map((value, i) => {
    const x = 1 + (i / Math.max(1, finite.length - 1)) * (width - 2);
    const y = 2 + (1 - (value - low) / span) * (height - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg width={width} height={height} role="img" aria-label={label} className={styles.sparkline}>
      {points.length > 1 && (
        <polyline points={points.join(' ')} fill="none" stroke="var(--ink-dim)" strokeWidth="1.5" />
      )}
    </svg>
  );
}
