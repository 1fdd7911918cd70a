// Where a student sets the expected course before the run: five points on a scale, by pointer or by keys, and once the run has
// gone half way, how far off the guess was.

import { Button } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { liveSeries } from '../../store/curves/series.ts';
import {
  GUESS_MOST,
  GUESS_POINTS,
  guessAgain,
  guessDistance,
  keepGuess,
  setPoint,
  useGuess,
} from '../../store/lessons/guess.ts';
import { shownConfig } from '../../store/lessons/table.ts';
import { useWords } from '../../store/page/language.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useRecorded } from '../../store/run/recorded.ts';
import { useSession } from '../../store/session.ts';
import { formatMeasured, formatShare } from '../../util/format.ts';
import { filled } from '../../words/words.ts';
import styles from './GuessPad.module.css';

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: 2,
  ArrowRight: 2,
  ArrowDown: -2,
  ArrowLeft: -2,
  PageUp: 20,
  PageDown: -20,
};

const across = (point: number) => (100 * point) / (GUESS_POINTS - 1);
const down = (value: number) => 100 * (1 - value / GUESS_MOST);

function Handle({ point, value, locked }: { point: number; value: number; locked: boolean }) {
  const { page } = useWords();
  const press = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (by === undefined || locked) return;
    event.preventDefault();
    setPoint(point, value + by);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      className={styles.handle}
      style={{ left: `${across(point)}%`, top: `${down(value)}%` }}
      aria-label={`${page.guess} ${point + 1}/${GUESS_POINTS}`}
      aria-valuemin={0}
      aria-valuemax={GUESS_MOST}
      aria-valuenow={value}
      aria-disabled={locked}
      data-testid={`guess-${point}`}
      onKeyDown={press}
    />
  );
}

/** The pad: a press or a drag sets the point that is nearest across. */
function Pad({ locked }: { locked: boolean }) {
  const values = useGuess((guess) => guess.values);
  const pad = useRef<HTMLDivElement>(null);
  const [dragging, setDragging] = useState(false);
  const take = ({ clientX, clientY }: PointerEvent) => {
    const box = pad.current!.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    setPoint(Math.round(share * (GUESS_POINTS - 1)), GUESS_MOST * (1 - (clientY - box.top) / box.height));
  };
  return (
    <div
      ref={pad}
      className={styles.pad}
      data-locked={locked}
      data-testid="guess-pad"
      onPointerDown={(event) => {
        if (locked) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragging(true);
        take(event);
      }}
      onPointerMove={(event) => dragging && take(event)}
      onPointerUp={() => setDragging(false)}
      onPointerCancel={() => setDragging(false)}
    >
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <polyline points={values.map((value, i) => `${across(i)},${down(value)}`).join(' ')} />
      </svg>
      {values.map((value, point) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the points are numbered
        <Handle key={point} point={point} value={value} locked={locked} />
      ))}
      <span className={styles.most}>{GUESS_MOST}</span>
      <span className={styles.least}>0</span>
    </div>
  );
}

function Far() {
  const { page } = useWords();
  const guess = useGuess();
  // Counted anew with every step.
  useRecorded((state) => state.at);
  useSession(({ status }) => status.step);
  const far = shownConfig() ? guessDistance(guess, liveSeries()) : null;
  return (
    <p role="status" data-testid="guess-far">
      {far
        ? filled(page.guessFar, { value: formatMeasured(far.mean), share: formatShare(far.share) })
        : page.guessWaits}
    </p>
  );
}

export function GuessPad() {
  const { page } = useWords();
  const kept = useGuess(({ steps }) => steps !== null);
  const steps = useSettings(({ draft }) => draft.maxSteps);
  return (
    <div className={styles.guess} data-testid="guess" data-kept={kept}>
      <p className="dim">{page.guessAbout}</p>
      <Pad locked={kept} />
      <Button
        variant={kept ? 'default' : 'filled'}
        data-testid={kept ? 'guess-again' : 'guess-keep'}
        onClick={() => (kept ? guessAgain() : keepGuess(steps))}
      >
        {kept ? page.clearGuess : page.keepGuess}
      </Button>
      {kept && <Far />}
    </div>
  );
}
