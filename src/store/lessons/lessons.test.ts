// A lesson from its beginning to its end on the scripted engine: it puts its settings in place, sees what is done on the page,
// is taken up again where it was left, and gives the person's own settings back.

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import { PAIRS } from '../../recorded/pictures.ts';
import { useDataset } from '../films/dataset.ts';
import { turnFilm } from '../films/inspect.ts';
import { setDraft, useSettings } from '../page/settings.ts';
import { startSession } from '../run/acts.ts';
import { useSession } from '../session.ts';
import { answerPair, expect as expectOutcome } from './answers.ts';
import {
  actLive,
  beginLesson,
  canActLive,
  currentStep,
  goTo,
  leaveLesson,
  readKept,
  startLessons,
  useLessons,
} from './lessons.ts';
import { LESSON_IDS, stepsOf } from './table.ts';

const done = () => useLessons.getState().done;
const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 10 });

beforeAll(async () => {
  startLessons();
  await startSession(() => createFakeClient({ beat: 1 }));
  await until(() => useDataset.getState().phase === 'ready');
});

afterEach(leaveLesson);

describe('a lesson', () => {
  it('puts its settings in place and gives back those from before', () => {
    setDraft('batchSize', 24);
    const own = useSettings.getState().draft;
    beginLesson('terms');
    expect(useSettings.getState().draft).toMatchObject({ method: 'vicreg', varianceWeight: 0 });
    goTo(1);
    expect(useSettings.getState().draft).toMatchObject({ covarianceWeight: 0, varianceWeight: 25 });
    beginLesson('simsiam');
    expect(useSettings.getState().draft).toMatchObject({ method: 'simsiam', stopGradient: false });
    leaveLesson();
    expect(useSettings.getState().draft).toEqual(own);
  });

  it('is complete when the films were turned and the pairs answered, and not before', () => {
    beginLesson('views');
    expect(done()).not.toContain('views/look');
    turnFilm(1);
    expect(done()).toContain('views/look');
    goTo(1);
    for (const pair of PAIRS.keys()) {
      expect(done()).not.toContain('views/guess');
      answerPair(pair, pair % 2 === 0);
    }
    expect(done()).toContain('views/guess');
  });

  it('trains by its button, and is complete once something was expected and the steps were taken', async () => {
    beginLesson('terms');
    const act = currentStep()!.acts[0]!;
    expect(canActLive(act)).toBe(true);
    actLive(act);
    await until(() => useSession.getState().status.step >= 70);
    expect(done()).not.toContain('terms/variance');
    expectOutcome('variance', 'point');
    expect(done()).toContain('terms/variance');
    await until(() => useSession.getState().status.state === 'done');
  });

  it('evaluates the run that it asks for, and no other', async () => {
    beginLesson('learnt');
    const [train, evaluate] = currentStep()!.acts;
    expect(canActLive(evaluate!)).toBe(false);
    actLive(train!);
    await until(() => useSession.getState().runConfig?.method === 'mlvicx');
    await until(() => useSession.getState().status.state === 'done');
    expect(canActLive(evaluate!)).toBe(true);
    actLive(evaluate!);
    await until(() => done().includes('learnt/neighbours'));
  });
});

it('what was stored is taken as far as it is understood', () => {
  const stored = { lesson: 'leak', step: 1, done: ['views/look', 3], own: { link: '#preset=demo&seed=4' } };
  const kept = readKept(JSON.stringify(stored))!;
  expect(kept).toMatchObject({ lesson: 'leak', step: 1, done: ['views/look'] });
  expect(kept.own!.shared.config.seed).toBe(4);
  expect(readKept('{"lesson":"nothing"}')).toMatchObject({ lesson: null, own: null });
  expect(readKept('not json')).toBeNull();
});

it('every step can be begun', () => {
  for (const id of LESSON_IDS) {
    stepsOf(id).forEach((step, i) => {
      beginLesson(id, i);
      expect(currentStep()).toBe(step);
      expect(useSettings.getState().view).toBe(step.view);
    });
  }
});
