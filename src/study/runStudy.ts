// Does the work of a study piece by piece, whoever it is that trains and keeps: the page with the engine and the browser's
// storage, the runner with a browser and a folder, a test with neither. Every piece is kept before the next is begun.

import type { EncoderScores, StudyRequest, ValidationScore } from '../protocol/study.ts';
import { AppError, asAppError } from '../util/errors.ts';
import { type Job, nextJob } from './queue.ts';
import { type Finished, isOfTheRun, type StudyState, type Trained, withFinished } from './state.ts';

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
      if (job.encoder !== 'pixels') await host.takeUp(job, job.encoder);
      const encoder = job.encoder === 'pixels' ? 'pixels' : 'run';
      const request = { config, findings, shares, encoder, resampleSeed: RESAMPLE_SEED } as const;
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
