// What some steps bring of their own: the quiz of pairs, the question what will happen, the class map where no adapter draws one.
// Pictures are recorded ones, so that every student of a class sees the same.

import { Button, Radio } from '@mantine/core';
import { useEffect, useState } from 'react';
import { isSame, PAIRS } from '../../recorded/pictures.ts';
import { type GreyPicture, recordedMap, recordedPairs } from '../../recorded/recorded.ts';
import {
  answerPair,
  EXPECTATIONS,
  type Expectation,
  expect,
  useAnswers,
} from '../../store/lessons/answers.ts';
import type { LessonStep } from '../../store/lessons/table.ts';
import { useWords } from '../../store/page/language.ts';
import { showError } from '../../store/session.ts';
import { filled, type PageWords } from '../../words/words.ts';
import { FilmCanvas } from '../films/FilmCanvas.tsx';
import { GuessPad } from './GuessPad.tsx';
import styles from './lessons.module.css';

/** What a recorded picture gives, once it is there. */
function useRecordedPicture<T>(load: () => Promise<T>): T | null {
  const [picture, setPicture] = useState<T | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once
  useEffect(() => void load().then(setPicture, showError), []);
  return picture;
}

function Pair({ at, pictures }: { at: number; pictures: readonly [GreyPicture, GreyPicture] }) {
  const { page } = useWords();
  const answer = useAnswers(({ pairs }) => pairs[at]);
  const same = isSame(PAIRS[at]!);
  const name = filled(page.pair, { pair: at + 1, pairs: PAIRS.length });
  return (
    <fieldset
      className={styles.pair}
      data-testid={`pair-${at}`}
      data-right={answer === undefined ? '' : answer === same}
    >
      <legend className="visually-hidden">{name}</legend>
      <div className={styles.pairFilms}>
        <FilmCanvas picture={pictures[0]} label={`${name}, 1`} />
        <FilmCanvas picture={pictures[1]} label={`${name}, 2`} />
      </div>
      <div className={styles.pairAnswers}>
        {[true, false].map((said) => (
          <Button
            key={String(said)}
            size="compact-xs"
            variant={answer === said ? 'filled' : 'default'}
            aria-pressed={answer === said}
            data-testid={`pair-${at}-${said ? 'same' : 'different'}`}
            onClick={() => answerPair(at, said)}
          >
            {said ? page.same : page.different}
          </Button>
        ))}
        {answer !== undefined && (
          <span className={styles.pairTruth} role="status">
            {answer === same ? '✓' : '✗'} {same ? page.wasSame : page.wasDifferent}
          </span>
        )}
      </div>
    </fieldset>
  );
}

function Pairs() {
  const { page } = useWords();
  const pictures = useRecordedPicture(recordedPairs);
  const answers = useAnswers(({ pairs }) => pairs);
  const right = PAIRS.filter((pair, i) => answers[i] === isSame(pair)).length;
  if (!pictures) return null;
  return (
    <div className={styles.pairs} data-testid="pairs">
      {pictures.map((pair, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pairs are numbered
        <Pair key={i} at={i} pictures={pair} />
      ))}
      {Object.keys(answers).length === PAIRS.length && (
        <p data-testid="pairs-right">{filled(page.right, { right, all: PAIRS.length })}</p>
      )}
    </div>
  );
}

const EXPECTED: Readonly<Record<Expectation, keyof PageWords>> = {
  point: 'expectPoint',
  line: 'expectLine',
  noise: 'expectNoise',
  healthy: 'expectHealthy',
};

function Expected({ step }: { step: LessonStep }) {
  const { page } = useWords();
  const chosen = useAnswers(({ expected }) => expected[step.id]);
  return (
    <Radio.Group
      label={page.expect}
      value={chosen ?? null}
      onChange={(value) => expect(step.id, value as Expectation)}
      data-testid="expectation"
    >
      <div className={styles.choices}>
        {EXPECTATIONS.map((outcome) => (
          <Radio key={outcome} size="xs" value={outcome} label={page[EXPECTED[outcome]]} />
        ))}
      </div>
    </Radio.Group>
  );
}

/** The map that was recorded with the marked run. */
function RecordedMap() {
  const { page } = useWords();
  const made = useRecordedPicture(recordedMap);
  if (!made) return null;
  const most = made.map.reduce((a, b) => Math.max(a, b), 0);
  const overlay = { side: made.side, gate: made.map, range: [0, most] as const, opacity: 0.55 };
  return (
    <figure className={styles.map} data-testid="recorded-map">
      <FilmCanvas picture={made.film} overlay={overlay} label="Opacity" />
      <figcaption className="dim">Opacity · {page.recorded}</figcaption>
    </figure>
  );
}

export function StepWidget({ step }: { step: LessonStep }) {
  switch (step.widget) {
    case 'pairs':
      return <Pairs />;
    case 'expectation':
      return <Expected step={step} />;
    case 'map':
      return <RecordedMap />;
    case 'guess':
      return <GuessPad />;
    case undefined:
      return null;
    default:
      return step.widget satisfies never;
  }
}
