// Window and level of the open film by sliders and presets; dragging over the film does the same.

import { Button, Slider } from '@mantine/core';
import type { FilmView } from '../../protocol/film.ts';
import { setWindow, useViewer } from '../../store/films/viewer.ts';
import styles from './WindowControls.module.css';

/** The modality values that the film has. */
function rangeOf({ modality }: FilmView): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of modality) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high > low ? high : low + 1];
}

const shown = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

interface LineProps {
  readonly name: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

function Line({ name, value, min, max, onChange }: LineProps) {
  return (
    <div className={styles.windowLine}>
      <span>{name}</span>
      <Slider
        size="sm"
        label={null}
        thumbLabel={name}
        min={min}
        max={max}
        step={(max - min) / 1000}
        value={Math.min(Math.max(value, min), max)}
        onChange={onChange}
      />
      <span className="num">{shown(value)}</span>
    </div>
  );
}

export function WindowControls({ view }: { view: FilmView }) {
  const chosen = useViewer((viewer) => viewer.window);
  const { center, width } = chosen ?? view.windows[0];
  const [low, high] = rangeOf(view);
  return (
    <section aria-label="Contrast">
      <h3>Contrast</h3>
      <p className="dim">{chosen ? 'By hand.' : `Set ${view.contrast}.`}</p>
      <Line
        name="Level"
        value={center}
        min={low}
        max={high}
        onChange={(value) => setWindow({ center: value, width })}
      />
      <Line
        name="Window"
        value={width}
        min={(high - low) / 1000}
        max={2 * (high - low)}
        onChange={(value) => setWindow({ center, width: value })}
      />
      <div className={styles.windowPresets}>
        <Button
          size="compact-xs"
          variant="default"
          disabled={chosen === null}
          data-testid="window-reset"
          onClick={() => setWindow(null)}
        >
          As in the file
        </Button>
        {view.windows.map((window) => (
          <Button
            key={`${window.name} ${window.center} ${window.width}`}
            size="compact-xs"
            variant="default"
            onClick={() => setWindow({ center: window.center, width: window.width })}
          >
            {window.name}
          </Button>
        ))}
      </div>
    </section>
  );
}
