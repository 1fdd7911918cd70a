// The right column: what the embeddings look like in words, and one film under the lens.

import { UnstyledButton } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useEffect, useMemo } from 'react';
import { LEVEL_NUMBERS, LEVELS, type Level } from '../../methods/record/statistics.ts';
import { refreshInspect, setLevel, setOpacity, useInspect } from '../../store/films/inspect.ts';
import { thumbnailOf, useThumbnails, wantThumbnail } from '../../store/films/thumbnails.ts';
import { useSession } from '../../store/session.ts';
import { formatCount } from '../../util/format.ts';
import { VerdictCard } from '../charts/VerdictCard.tsx';
import { Section } from '../shell/Section.tsx';
import { FilmCanvas, type Overlay } from './FilmCanvas.tsx';
import { FilmTurner } from './FilmTurner.tsx';
import styles from './InspectColumn.module.css';
import { OpacitySlider } from './OpacitySlider.tsx';
import { VIRIDIS_GRADIENT } from './viridis.ts';

const REFRESH_MS = 5000;

export function Views() {
  const { views, viewsProblem, step } = useInspect();
  const pictures = useMemo(() => {
    if (!views) return null;
    const { size } = views;
    return [views.view1, views.view2].map((bytes) => ({ width: size, height: size, bytes }));
  }, [views]);
  return (
    <div className={styles.views} data-testid="views">
      {[0, 1].map((which) => (
        <figure key={which}>
          <div className={styles.viewsFrame}>
            {pictures ? (
              <FilmCanvas picture={pictures[which]!} label={`View ${which + 1} of the film`} />
            ) : (
              <span className={styles.viewsEmpty}>{viewsProblem ?? 'drawn on the graphics adapter'}</span>
            )}
          </div>
          <figcaption>
            View {which + 1}
            {pictures && which === 1 && <span className="dim num">as at step {formatCount(step)}</span>}
          </figcaption>
        </figure>
      ))}
    </div>
  );
}

/** Gates of all levels share one scale, so that levels can be compared. */
function useOverlays(): Record<Level, Overlay> | null {
  const gates = useInspect((inspect) => inspect.gates);
  const opacity = useInspect((inspect) => inspect.opacity);
  return useMemo(() => {
    if (!gates || gates.levels.length === 0) return null;
    const range = [0, 1] as const;
    const entries = gates.levels.map((map, i) => [i + 1, { ...map, range, opacity }]);
    return Object.fromEntries(entries) as Record<Level, Overlay>;
  }, [gates, opacity]);
}

function Gates() {
  const { film, level, opacity, gates, gatesProblem } = useInspect();
  useThumbnails();
  useEffect(() => wantThumbnail(film), [film]);
  const picture = thumbnailOf(film);
  const overlays = useOverlays();
  if (!picture) return <p className="dim">The film has not been read yet.</p>;
  return (
    <div data-testid="gates">
      <div className={styles.gatesFilm}>
        <FilmCanvas
          picture={picture}
          overlay={overlays?.[level]}
          label={`Film ${film + 1}${overlays ? ` with the gate of ${LEVELS[level - 1]}` : ''}`}
        />
      </div>
      <fieldset className={styles.gatesLevels}>
        <legend className="visually-hidden">Level</legend>
        {LEVEL_NUMBERS.map((number) => (
          <UnstyledButton
            key={number}
            className={styles.gatesLevel}
            aria-pressed={number === level}
            disabled={!overlays}
            onClick={() => setLevel(number)}
          >
            <span className={styles.gatesSmall}>
              <FilmCanvas picture={picture} overlay={overlays?.[number]} label="" />
            </span>
            {LEVELS[number - 1]}
          </UnstyledButton>
        ))}
      </fieldset>
      {overlays ? (
        <div className={styles.gatesScale}>
          <span className="num">0</span>
          <span className={styles.gatesRamp} style={{ background: VIRIDIS_GRADIENT }} aria-hidden />
          <span className="num">1</span>
          <OpacitySlider
            of="the gate"
            value={opacity}
            onChange={setOpacity}
            className={styles.gatesOpacity}
          />
        </div>
      ) : (
        <p className="dim">
          {gatesProblem ??
            (gates ? 'This encoder has no context bottlenecks.' : 'Gates show once a run is prepared.')}
        </p>
      )}
    </div>
  );
}

export function InspectColumn() {
  const running = useSession(({ status }) => status.state === 'running');
  const refresh = useInterval(() => void refreshInspect(), REFRESH_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the interval's own functions change with every render
  useEffect(() => {
    if (running) refresh.start();
    return refresh.stop;
  }, [running]);
  return (
    <>
      <VerdictCard />
      <Section title="Two views" aside={<FilmTurner />}>
        <Views />
      </Section>
      <Section title="Context gates" aside={<span className="dim">where features pass</span>}>
        <Gates />
      </Section>
    </>
  );
}
