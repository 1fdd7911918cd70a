// The queue of a study: which pieces of work there are, which comes next, and how long the rest will take, as a function of the
// state alone, so that whoever takes it up, after a cut or in another tab, goes on with the same piece; and the work itself, whoever
// it is that trains and keeps: the page with the engine and the browser's storage, the runner with a browser and a folder, a test
// with neither. Every piece is kept before the next is begun.

import type { Config } from '../config/schema.ts';
import { METHODS, type MethodName } from '../methods/records.ts';
import {
  type EncoderScores,
  STUDY_TASKS,
  type StudyRequest,
  type StudyTask,
  type ValidationScore,
} from '../protocol/study.ts';
import { meanOf } from '../tasks/scores/bootstrap.ts';
import { AppError, asAppError } from '../util/errors.ts';
import { pixelsId, randomId, runId, scoredId } from './names.ts';
import {
  configOf,
  type StudyMethod,
  type StudySpec,
  type Swept,
  shapeOf,
  sweepOf,
  sweepSeedsOf,
} from './spec.ts';
import { type Finished, isOfTheRun, type StudyState, type Trained, withFinished } from './state.ts';
import { cameToNothing, chosenFor, sweptText } from './sweep.ts';

interface Work {
  /** Under which its result is kept. */
  readonly id: string;
  readonly config: Config;
  /** For the progress line. */
  readonly words: string;
}

export type Job =
  /** An encoder is trained; `tried` and `scored` look at it afterwards. */
  | (Work & { readonly part: 'trained'; readonly method: MethodName })
  /** On validation films, to choose settings. */
  | (Work & { readonly part: 'tried'; readonly method: MethodName })
  /** On test films, by one of the tasks. */
  | (Work & {
      readonly part: 'scored';
      readonly encoder: 'method' | 'random' | 'pixels';
      readonly task: StudyTask;
      /** Under which its encoder is kept. */
      readonly run: string;
    });

const settled = (swept: Swept) => (sweptText(swept, '') ? `, ${sweptText(swept, '')}` : '');

function tries({ spec }: StudyState, method: StudyMethod): Job[] {
  const combinations = sweepOf(spec, method);
  if (combinations.length === 1 && spec.films === 'test') return [];
  const wanted = sweepSeedsOf(spec).flatMap((seed) => combinations.map((swept) => ({ seed, swept })));
  return wanted.flatMap(({ seed, swept }): Job[] => {
    const [id, config] = [runId(method.name, seed, swept), configOf(spec, method, seed, swept)];
    const words = `${METHODS[method.name].label}, seed ${seed}${settled(swept)}`;
    const common = { id, config, method: method.name, words };
    return [
      { ...common, part: 'trained' },
      { ...common, part: 'tried' },
    ];
  });
}

function runs(state: StudyState, method: StudyMethod, seed: number): Job[] {
  // While the sweep goes on its first combination stands for the one to be chosen: as many pieces, of the same size.
  const swept = chosenFor(state, method) ?? sweepOf(state.spec, method)[0]!;
  const [id, config] = [runId(method.name, seed, swept), configOf(state.spec, method, seed, swept)];
  const words = `${METHODS[method.name].label}, seed ${seed}${settled(swept)}`;
  return [
    { id, config, method: method.name, words, part: 'trained' },
    ...scorings(state.spec, { id, config, words }, 'method'),
  ];
}

/** An encoder by every task, one after the other while it is at hand. */
function scorings(
  spec: StudySpec,
  { id: run, config, words }: Work,
  encoder: 'method' | 'random' | 'pixels',
): Job[] {
  // Raw pixels have no levels that a decoder could draw masks from.
  const tasks = spec.tasks.filter((task) => encoder !== 'pixels' || STUDY_TASKS[task].ranks);
  return tasks.map((task) => {
    const by = spec.tasks.length > 1 ? `, ${STUDY_TASKS[task].label.toLowerCase()}` : '';
    return { part: 'scored', id: scoredId(spec, run, task), run, config, words: words + by, encoder, task };
  });
}

/** All pieces of work, in the order in which they are done. */
export function jobsOf(state: StudyState): readonly Job[] {
  const { spec } = state;
  if (spec.films === 'validation') return spec.methods.flatMap((method) => tries(state, method));
  const shapes = new Map(spec.methods.map((method) => [shapeOf(spec, method), method]));
  const baselines = (seed: number): Job[] => {
    const pixels = {
      id: pixelsId(seed),
      config: configOf(spec, spec.methods[0]!, seed, {}),
      words: `raw pixels, seed ${seed}`,
    };
    const random = [...shapes].map(([shape, method]) => ({
      id: randomId(shape, seed),
      config: configOf(spec, method, seed, {}),
      words: `random encoder, seed ${seed}`,
    }));
    return [
      ...scorings(spec, pixels, 'pixels'),
      ...random.flatMap((encoder) => scorings(spec, encoder, 'random')),
    ];
  };
  const all = [
    ...baselines(spec.seeds[0]!),
    ...spec.methods.flatMap((method) => tries(state, method)),
    ...spec.seeds.flatMap((seed, at) => [
      ...(at === 0 ? [] : baselines(seed)),
      ...spec.methods
        .filter((method) => !cameToNothing(state, method))
        .flatMap((method) => runs(state, method, seed)),
    ]),
  ];
  // A run of the sweep that was chosen is not trained twice.
  const seen = new Set<string>();
  return all.filter(({ part, id }) => {
    const key = `${part} ${id}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Its result is there, or its run failed and it has none. */
function isDone(state: StudyState, job: Job): boolean {
  const run = job.part === 'scored' ? job.run : job.id;
  return (
    state[job.part][job.id] !== undefined ||
    state.failed[job.id] !== undefined ||
    state.failed[run] !== undefined
  );
}

export const nextJob = (state: StudyState): Job | null =>
  jobsOf(state).find((job) => !isDone(state, job)) ?? null;

export const isComplete = (state: StudyState): boolean => nextJob(state) === null;

export interface StudyProgress {
  /** Runs and scorings, the one at hand not counted. */
  readonly done: number;
  readonly total: number;
  /** From what the pieces so far have taken; null before there are any. */
  readonly secondsLeft: number | null;
}

const taskOf = (job: Job): StudyTask | null => (job.part === 'scored' ? job.task : null);

/** @param current share of the piece at hand that is done, 0 to 1 */
export function progressOf(state: StudyState, current = 0): StudyProgress {
  const jobs = jobsOf(state);
  const open = jobs.filter((job) => !isDone(state, job));
  const taking = (of: (job: Job) => boolean) =>
    meanOf(jobs.filter(of).flatMap((job) => state[job.part][job.id]?.seconds ?? []));
  // A task takes as long as it took other encoders; one that is still to come, as the others did.
  const expected = (job: Job) => {
    const alike = taking((one) => one.part === job.part && taskOf(one) === taskOf(job));
    return alike ?? taking(({ part }) => part === (job.part === 'tried' ? 'scored' : job.part));
  };
  const left = open.reduce<number | null>((sum, job, at) => {
    const seconds = expected(job);
    return sum === null || seconds === null ? null : sum + seconds * (at === 0 ? 1 - current : 1);
  }, 0);
  return { done: jobs.length - open.length, total: jobs.length, secondsLeft: left };
}

export interface StudyHost {
  /** Trains the run to its end and keeps its encoder; goes on where a run of this name was cut off. */
  train(job: Job): Promise<Trained>;
  /** Puts the encoder that was trained under this name at hand, or one of no steps. */
  takeUp(job: Job, kind: 'method' | 'random'): Promise<void>;
  validate(request: Pick<StudyRequest, 'config' | 'findings'>): Promise<ValidationScore>;
  score(request: StudyRequest): Promise<EncoderScores>;
  keep(finished: Finished): Promise<void>;
  /** Asked before each piece. */
  halted(): boolean;
  /** Told before each piece and after the last. */
  onState(state: StudyState, job: Job | null): void;
}

/** The same resamples for every encoder of a study, so that all differences are paired. */
const RESAMPLE_SEED = 1;

async function work(state: StudyState, host: StudyHost, job: Job): Promise<Finished> {
  const { id, config } = job;
  const { findings, shares } = state.spec;
  switch (job.part) {
    case 'trained':
      return { part: 'trained', id, value: await host.train(job) };
    case 'tried': {
      await host.takeUp(job, 'method');
      const value = await host.validate({ config, findings });
      if (value.auroc === null) {
        throw new AppError(
          'split-impossible',
          'there are no validation films to choose settings on, and too few patients to keep any. Give each method its settings instead of a sweep.',
        );
      }
      return { part: 'tried', id, value };
    }
    case 'scored': {
      const { task, run } = job;
      if (job.encoder !== 'pixels') await host.takeUp({ ...job, id: run }, job.encoder);
      const encoder = job.encoder === 'pixels' ? 'pixels' : 'run';
      const request = { config, task, findings, shares, encoder, resampleSeed: RESAMPLE_SEED } as const;
      return { part: 'scored', id, value: await host.score(request) };
    }
    default:
      return job satisfies never;
  }
}

/** @returns the state at the end or where it was halted. @throws AppError for what is no fault of a single run */
export async function runStudy(begun: StudyState, host: StudyHost): Promise<StudyState> {
  let state = begun;
  for (;;) {
    const job = host.halted() ? null : nextJob(state);
    host.onState(state, job);
    if (!job) return state;
    let finished: Finished;
    try {
      finished = await work(state, host, job);
    } catch (thrown) {
      const { code, message } = asAppError(thrown);
      if (!isOfTheRun(code)) throw thrown;
      finished = { part: 'failed', id: job.id, value: { code, message } };
    }
    await host.keep(finished);
    state = withFinished(state, finished);
  }
}
