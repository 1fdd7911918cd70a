// The part "A step again": the films of a step with both views of each, what share of the distance between views each has, and how
// the views were made, the hardest pair first. What is shown comes from store/run/stepAgain.ts, its words from stepFigure.ts.

import { ActionIcon, Button, NumberInput, SegmentedControl } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { METHODS } from '../../methods/records.ts';
import type { StepAgain } from '../../protocol/engine.ts';
import { openFilm } from '../../store/films/viewer.ts';
import { lookAgainAt, useStepAgain } from '../../store/run/stepAgain.ts';
import { useSession } from '../../store/session.ts';
import { formatCount } from '../../util/format.ts';
import { useShownMethod } from '../charts/shown.ts';
import { FilmCanvas } from '../films/FilmCanvas.tsx';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import { FigureCard } from './FigureCard.tsx';
import styles from './step.module.css';
import { hardestFirst, sharesOf, stepFigure, viewWords } from './stepFigure.ts';

/** Pairs that are shown before all are asked for. */
const SOME = 12;

/** The step in words of a control: typed, or one before or after. */
export function StepControls() {
  const { asked, working } = useStepAgain();
  const step = useSession((session) => session.status.step);
  const prepared = useSession((session) => session.runConfig !== null);
  const last = Math.max(0, step - 1);
  const at = asked ?? last;
  const go = (to: number) => void lookAgainAt(Math.max(0, to));
  return (
    <div className={shared.control}>
      <ActionIcon aria-label="The step before" disabled={!prepared || at <= 0} onClick={() => go(at - 1)}>
        <IconChevronLeft size={16} />
      </ActionIcon>
      <NumberInput
        size="xs"
        w={92}
        aria-label="Step to look at again"
        min={0}
        allowDecimal={false}
        hideControls
        disabled={!prepared}
        value={at}
        onChange={(value) => typeof value === 'number' && go(value)}
      />
      <ActionIcon aria-label="The step after" disabled={!prepared} onClick={() => go(at + 1)}>
        <IconChevronRight size={16} />
      </ActionIcon>
      <Button data-testid="step-show" disabled={!prepared || working} onClick={() => go(at)}>
        Show this step
      </Button>
    </div>
  );
}

interface PairProps {
  readonly again: StepAgain;
  /** In the batch. */
  readonly place: number;
  readonly share: number;
  readonly most: number;
}

function Pair({ again, place, share, most }: PairProps) {
  const { films, side, pictures, views, sizes } = again;
  const film = films[place]!;
  const grey = useMemo(
    () =>
      [0, 1].map((view) => {
        const from = (view * films.length + place) * side * side;
        return { width: side, height: side, bytes: pictures.subarray(from, from + side * side) };
      }),
    [films, side, pictures, place],
  );
  return (
    <li className={styles.pair}>
      <div className={styles.pairViews}>
        {grey.map((picture, view) => (
          <FilmCanvas
            key={view === 0 ? 'first' : 'second'}
            picture={picture}
            label={`View ${view + 1} of film ${film + 1}`}
          />
        ))}
      </div>
      <div className={styles.pairWords}>
        <div className={styles.pairHead}>
          <button type="button" onClick={() => void openFilm(film)}>
            Film {film + 1}
          </button>
          <span className={styles.bar} aria-hidden>
            <span style={{ width: `${(100 * share) / Math.max(most, 1e-12)}%` }} />
          </span>
          <span className="num">{(100 * share).toFixed(1)} %</span>
        </div>
        <ol>
          {views[place]!.map((view, i) => (
            <li key={i === 0 ? 'first' : 'second'}>{viewWords(view, sizes[place]!)}</li>
          ))}
        </ol>
      </div>
    </li>
  );
}

function Films({ again, head }: { again: StepAgain; head: string }) {
  const [all, setAll] = useState(false);
  const distances = again.distances[head]!;
  const order = useMemo(() => hardestFirst(distances), [distances]);
  const shares = useMemo(() => sharesOf(distances), [distances]);
  const shown = all ? order : order.slice(0, SOME);
  return (
    <>
      <ol
        className={styles.pairs}
        aria-label="Films of the step, the hardest pair first"
        data-testid="step-films"
      >
        {shown.map((place) => (
          <Pair key={place} again={again} place={place} share={shares[place]!} most={shares[order[0]!]!} />
        ))}
      </ol>
      {order.length > SOME && (
        <Button variant="default" onClick={() => setAll(!all)}>
          {all ? `Show the hardest ${SOME}` : `Show all ${formatCount(order.length)} films`}
        </Button>
      )}
    </>
  );
}

export function StepAgainPart() {
  const { again, problem, working } = useStepAgain();
  const { heads } = METHODS[useShownMethod()];
  const [chosen, setChosen] = useState<string | null>(null);
  const there = again ? Object.keys(again.distances).filter((name) => Object.hasOwn(heads, name)) : [];
  const head = there.find((name) => name === chosen) ?? there[0];
  const figure = useMemo(
    () => (again && head ? stepFigure(again, head, heads[head as keyof typeof heads]!.label) : null),
    [again, head, heads],
  );
  return (
    <>
      {problem && <ErrorNotice error={problem} />}
      {!again && !problem && (
        <div className={shared.empty}>
          <h2>What a step saw</h2>
          <p>
            Click a curve in any chart, or press Enter on it, and choose "Show step"; or name a step above.
            Its films and their views follow from the seed alone and are those of the step itself.
          </p>
          <p>
            {working
              ? 'The step is being taken again.'
              : 'A run that trains is halted for it and goes on by itself.'}
          </p>
        </div>
      )}
      {again && head && figure && (
        <div data-testid="step-again" data-step={again.step}>
          {there.length > 1 && (
            <SegmentedControl
              size="xs"
              aria-label="Head"
              data={there.map((name) => ({ value: name, label: heads[name as keyof typeof heads]!.label }))}
              value={head}
              onChange={setChosen}
            />
          )}
          <div className={styles.columns}>
            <Films again={again} head={head} />
            <FigureCard testId="step-shares" figure={figure} />
          </div>
        </div>
      )}
    </>
  );
}
