// The lessons as one table: in which order they come, and for each step what it lights up on the page, which settings it puts in
// place, what its buttons do and when it is complete. Every act is a command of the page or an act of its stores, so a
// lesson does what a person could do by hand. Texts are in words/<language>/lessons.ts under the same names.

import type { Config, ConfigKey } from '../../config/schema.ts';
import { PAIRS } from '../../recorded/pictures.ts';
import { RECORDED, type RecordedName, recordedConfig } from '../../recorded/table.ts';
import type { TaskName } from '../../tasks/records.ts';
import { LESSONS_EN } from '../../words/en/lessons.ts';
import type { LessonId } from '../../words/words.ts';
import type { CommandId } from '../commands.ts';
import { liveSeries } from '../curves/series.ts';
import { useInspect } from '../films/inspect.ts';
import type { ViewName } from '../page/settings.ts';
import { useEvaluation } from '../run/evaluation.ts';
import { useRecorded } from '../run/recorded.ts';
import { useSession } from '../session.ts';
import { type Expectation, useAnswers } from './answers.ts';
import { guessDistance, useGuess } from './guess.ts';

/** What stood when a step began: some steps are complete once it is other than that. */
export interface Entry {
  readonly film: number;
  readonly newest: ReturnType<typeof useEvaluation.getState>['newest'];
}

export type Act =
  /** A command of the page. */
  | { readonly kind: 'command'; readonly id: CommandId }
  /** Trains with the settings of a recorded run, or plays that. */
  | { readonly kind: 'train'; readonly run: RecordedName }
  /** Evaluates the run at hand, or shows the scores of the recorded one. */
  | {
      readonly kind: 'evaluate';
      readonly run: RecordedName;
      readonly task: TaskName;
      readonly share: number;
    };

/** Something of its own that the panel shows in a step. */
export type Widget = 'pairs' | 'expectation' | 'map' | 'guess';

export interface LessonStep {
  readonly id: string;
  /** The test id of what is lit up; null where the text stands by itself. */
  readonly lights: string | null;
  readonly view: ViewName;
  /** The recorded run whose settings are put in place; left out: they stay as they are. */
  readonly settings?: RecordedName;
  readonly acts: readonly Act[];
  readonly widget?: Widget;
  /** What "expectation" should have been. */
  readonly outcome?: Expectation;
  /** Looked at whenever anything on the page changes. */
  complete(entry: Entry): boolean;
}

/** Films that a class can turn before all have seen enough. */
const turned = ({ film }: Entry): boolean => useInspect.getState().film !== film;

/** The configuration whose curves are shown: of the recorded run, else of the run at hand. */
export const shownConfig = (): Config | null =>
  useRecorded.getState().config ?? useSession.getState().runConfig;

const fits = (config: Config | null, name: RecordedName): boolean =>
  config !== null &&
  Object.entries(RECORDED[name].settings).every(([key, value]) => config[key as ConfigKey] === value);

/** The curves on the page are of such a run, up to this step. */
const reached = (run: RecordedName, steps: number) => (): boolean =>
  fits(shownConfig(), run) && liveSeries().length >= steps;

/** Scores of such a run came since the step began. */
const scored =
  (run: RecordedName, task: TaskName, share: number) =>
  ({ newest: before }: Entry): boolean => {
    const newest = useEvaluation.getState().newest[task];
    const fresh = newest !== undefined && newest !== before[task];
    return fresh && newest.report.share === share && fits(shownConfig(), run);
  };

const NEXT_FILM: Act = { kind: 'command', id: 'nextFilm' };
const always = (): boolean => true;
const guessed = (): boolean => useGuess.getState().steps !== null;

/** A step that trains a broken run, after a guess at what will happen. */
const broken = (
  id: 'variance' | 'covariance' | 'invariance',
  outcome: Expectation,
  lights: string,
): LessonStep => ({
  id,
  lights,
  view: 'train',
  settings: id,
  acts: [{ kind: 'train', run: id }],
  widget: 'expectation',
  outcome,
  complete: () => useAnswers.getState().expected[id] !== undefined && reached(id, 60)(),
});

/** A step that trains, evaluates and is complete with the score. */
const scoring = (
  id: string,
  run: RecordedName,
  task: TaskName,
  share: number,
  train: boolean,
): LessonStep => ({
  id,
  lights: 'probe-verdict',
  view: 'evaluate',
  settings: run,
  acts: [...(train ? [{ kind: 'train', run } as const] : []), { kind: 'evaluate', run, task, share }],
  complete: scored(run, task, share),
});

const TABLE: Readonly<Record<LessonId, readonly LessonStep[]>> = {
  views: [
    { id: 'look', lights: 'views', view: 'train', settings: 'first', acts: [NEXT_FILM], complete: turned },
    {
      id: 'guess',
      lights: null,
      view: 'train',
      acts: [],
      widget: 'pairs',
      complete: () => Object.keys(useAnswers.getState().pairs).length >= PAIRS.length,
    },
    { id: 'why', lights: 'views', view: 'train', acts: [NEXT_FILM], complete: turned },
  ],
  predict: [
    {
      id: 'draw',
      lights: 'chart-total',
      view: 'train',
      settings: 'first',
      acts: [],
      widget: 'guess',
      complete: guessed,
    },
    {
      id: 'run',
      lights: 'chart-total',
      view: 'train',
      settings: 'first',
      acts: [{ kind: 'train', run: 'first' }],
      complete: reached('first', RECORDED.first.settings.maxSteps),
    },
    {
      id: 'compare',
      lights: 'chart-total',
      view: 'train',
      acts: [],
      widget: 'guess',
      complete: () => guessDistance(useGuess.getState()) !== null,
    },
  ],
  terms: [
    broken('variance', 'point', 'chart-variance'),
    broken('covariance', 'line', 'chart-covariance'),
    broken('invariance', 'noise', 'chart-invariance'),
    { id: 'together', lights: 'spectrum', view: 'learnt', acts: [], complete: always },
  ],
  simsiam: [
    {
      id: 'without',
      lights: 'chart-total',
      view: 'train',
      settings: 'simsiam',
      acts: [{ kind: 'train', run: 'simsiam' }],
      complete: reached('simsiam', 80),
    },
    { id: 'dimensions', lights: 'spectrum', view: 'learnt', acts: [], complete: reached('simsiam', 80) },
    { id: 'lesson', lights: null, view: 'learnt', acts: [], complete: always },
  ],
  learnt: [
    scoring('neighbours', 'first', 'neighbours', 1, true),
    scoring('few', 'first', 'linear', 0.01, false),
    scoring('all', 'first', 'linear', 1, false),
  ],
  shortcut: [
    {
      id: 'look',
      lights: 'views',
      view: 'train',
      settings: 'marker',
      acts: [NEXT_FILM, { kind: 'command', id: 'openFilm' }],
      complete: turned,
    },
    scoring('score', 'marker', 'linear', 1, true),
    { id: 'map', lights: 'class-map', view: 'evaluate', acts: [], widget: 'map', complete: always },
    scoring('remove', 'unmarked', 'linear', 1, true),
  ],
  leak: [
    scoring('film', 'leak', 'neighbours', 1, true),
    scoring('patient', 'patient', 'neighbours', 1, true),
    { id: 'rule', lights: 'probe-verdict', view: 'evaluate', acts: [], complete: always },
  ],
};

/** What a class takes for each, 45 in all. */
export const LESSON_MINUTES: Readonly<Record<LessonId, number>> = {
  views: 5,
  predict: 7,
  terms: 10,
  simsiam: 4,
  learnt: 8,
  shortcut: 6,
  leak: 5,
};

/** In the order of the texts. */
export const LESSON_IDS = Object.keys(LESSONS_EN) as LessonId[];

export const isLesson = (id: string | null): id is LessonId => id !== null && Object.hasOwn(TABLE, id);

export const stepsOf = (lesson: LessonId): readonly LessonStep[] => TABLE[lesson];

/** The settings that a step asks for, whole; null leaves them as they are. */
export const stepConfig = ({ settings }: LessonStep): Config | null =>
  settings ? recordedConfig(settings) : null;
