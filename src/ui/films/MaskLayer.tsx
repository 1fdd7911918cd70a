// A drawn and a true mask over a film, as children of whatever shows it: the drawn one filled as strongly as wanted, both with their
// outlines in two colours. They cover the film whatever its size and aspect.

import { Switch } from '@mantine/core';
import { useMemo } from 'react';
import { setMaskOpacity, showMask, useMasks } from '../../store/films/drawnMasks.ts';
import shared from '../shell/shared.module.css';
import styles from './MaskLayer.module.css';
import { OpacitySlider } from './OpacitySlider.tsx';
import { areaPath, outlinePath } from './outline.ts';

interface MaskLayerProps {
  readonly side: number;
  /** side * side values, 1 inside. */
  readonly drawn: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
  /** Of the filling, 0..1. */
  readonly opacity: number;
  /** Said to screen readers. */
  readonly label: string;
}

export function MaskLayer({ side, drawn, truth, opacity, label }: MaskLayerProps) {
  const paths = useMemo(
    () => ({
      area: areaPath(drawn, side),
      drawn: outlinePath(drawn, side),
      truth: outlinePath(truth, side),
    }),
    [drawn, truth, side],
  );
  return (
    <svg
      className={styles.maskLayer}
      viewBox={`0 0 ${side} ${side}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      data-testid="mask-layer"
    >
      <path d={paths.area} className={styles.maskArea} style={{ opacity }} />
      <path d={paths.truth} className={styles.maskTruth} />
      <path d={paths.drawn} className={styles.maskDrawn} />
    </svg>
  );
}

/** What the two outlines are. */
export function MaskKey() {
  return (
    <span className={styles.maskKey}>
      <i className={styles.maskKeyTruth} aria-hidden /> drawn by readers
      <i className={styles.maskKeyDrawn} aria-hidden /> drawn by the decoder
    </span>
  );
}

/** Over the film in the viewer. */
export function DrawnMaskOverlay() {
  const { mask, shown, opacity } = useMasks();
  if (!mask || !shown) return null;
  const label = `What the decoder draws of ${mask.targets.join(', ')}, and what readers drew`;
  return <MaskLayer {...mask} opacity={opacity} label={label} />;
}

/** Key, switch and opacity, beside the film in the viewer. */
export function DrawnMaskControls() {
  const { mask, problem, shown } = useMasks();
  if (problem) return <p className="dim">{problem}</p>;
  if (!mask) return null;
  const inside = (values: Uint8Array) =>
    `${((100 * values.reduce((a, b) => a + b, 0)) / values.length).toFixed(1)} %`;
  return (
    <section aria-label="Drawn by the decoder" data-testid="drawn-mask">
      <div className={shared.subhead}>
        <h3>Drawn by the decoder</h3>
        <span className="spring" />
        <Switch
          size="xs"
          aria-label="Show what the decoder draws"
          checked={shown}
          onChange={(event) => showMask(event.currentTarget.checked)}
        />
      </div>
      <MaskKey />
      <p className={`dim ${styles.maskFacts}`}>
        {mask.targets.join(', ')}: {inside(mask.truth)} of the film drawn by readers, {inside(mask.drawn)} by
        the decoder.
      </p>
      <MaskOpacity />
    </section>
  );
}

export function MaskOpacity() {
  const opacity = useMasks((state) => state.opacity);
  return (
    <OpacitySlider
      of="what the decoder draws"
      value={opacity}
      onChange={setMaskOpacity}
      className={styles.maskOpacity}
    />
  );
}
