// Boxes and masks over a film: children of the stage, they cover the film exactly whatever its zoom. A finding has one
// colour of the viridis map, the same in box, mask and legend.

import { Switch } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { FilmMark, FilmMarks, FilmMask } from '../../protocol/film.ts';
import { setMarksOpacity, showMarks, useMarks } from '../../store/films/viewer.ts';
import shared from '../shell/shared.module.css';
import styles from './MarksOverlay.module.css';
import { OpacitySlider } from './OpacitySlider.tsx';
import { viridis } from './viridis.ts';

/** The dark end of the map cannot be told from a film. */
const DARKEST = 0.35;

const findingsOf = ({ boxes, masks }: FilmMarks): string[] =>
  [...new Set([...boxes, ...masks].map(({ finding }) => finding))].sort();

type Colour = readonly [number, number, number];

/** One colour per finding, evenly along the map from its brightest end. */
function coloursOf(findings: readonly string[]): Map<string, Colour> {
  const step = findings.length > 1 ? (1 - DARKEST) / (findings.length - 1) : 0;
  return new Map(findings.map((finding, at) => [finding, viridis(1 - at * step)]));
}

const css = ([red, green, blue]: Colour) => `rgb(${red} ${green} ${blue})`;

function Mask({ mask, colour, opacity }: { mask: FilmMask; colour: Colour; opacity: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height, bytes } = mask;
  useEffect(() => {
    const image = new ImageData(width, height);
    for (let i = 0; i < bytes.length; i++) if (bytes[i]) image.data.set([...colour, 255], 4 * i);
    ref.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [bytes, width, height, colour]);
  return (
    <canvas
      ref={ref}
      width={width}
      height={height}
      className={styles.markMask}
      style={{ opacity }}
      aria-hidden
    />
  );
}

const percent = (share: number) => `${100 * share}%`;

function Box({ box, colour }: { box: FilmMark; colour: Colour }) {
  const { x, y, width, height, finding, reader } = box;
  return (
    <div
      className={styles.markBox}
      data-testid="mark-box"
      style={{
        left: percent(x),
        top: percent(y),
        width: percent(width),
        height: percent(height),
        borderColor: css(colour),
      }}
    >
      <span style={{ color: css(colour) }}>{reader ? `${finding}, ${reader}` : finding}</span>
    </div>
  );
}

/** What lies over the film. */
export function MarksOverlay() {
  const { marks, shown, opacity } = useMarks();
  if (!marks || !shown) return null;
  const colours = coloursOf(findingsOf(marks));
  return (
    <div className={styles.marks} data-testid="marks" role="img" aria-label={inWords(marks)}>
      {marks.masks.map((mask) => (
        <Mask key={mask.finding} mask={mask} colour={colours.get(mask.finding)!} opacity={opacity} />
      ))}
      {marks.boxes.map((box) => (
        <Box
          key={`${box.finding} ${box.reader} ${box.x} ${box.y} ${box.width} ${box.height}`}
          box={box}
          colour={colours.get(box.finding)!}
        />
      ))}
    </div>
  );
}

/** "Mass: 2 boxes; Pneumothorax: mask" */
function inWords({ boxes, masks }: FilmMarks): string {
  const of = (finding: string) => {
    const count = boxes.filter((box) => box.finding === finding).length;
    const parts = [
      count > 0 ? `${count} ${count === 1 ? 'box' : 'boxes'}` : '',
      masks.some((mask) => mask.finding === finding) ? 'mask' : '',
    ];
    return `${finding}: ${parts.filter(Boolean).join(' and ')}`;
  };
  return findingsOf({ boxes, masks }).map(of).join('; ');
}

/** Legend, switch and opacity, beside the film. */
export function MarksControls() {
  const { marks, problem, shown, opacity } = useMarks();
  if (problem) return <p className="dim">{problem}</p>;
  if (!marks) return null;
  const colours = coloursOf(findingsOf(marks));
  return (
    <section aria-label="Boxes and masks">
      <div className={shared.subhead}>
        <h3>Drawn by readers</h3>
        <span className="spring" />
        <Switch
          size="xs"
          aria-label="Show boxes and masks"
          checked={shown}
          onChange={(event) => showMarks(event.currentTarget.checked)}
        />
      </div>
      <ul className={styles.marksLegend}>
        {[...colours].map(([finding, colour]) => (
          <li key={finding}>
            <i style={{ background: css(colour) }} aria-hidden />
            {inWords({
              boxes: marks.boxes.filter((box) => box.finding === finding),
              masks: marks.masks.filter((mask) => mask.finding === finding),
            })}
          </li>
        ))}
      </ul>
      {marks.masks.length > 0 && (
        <OpacitySlider of="masks" value={opacity} onChange={setMarksOpacity} min={0.05} />
      )}
    </section>
  );
}
