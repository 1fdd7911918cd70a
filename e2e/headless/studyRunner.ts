// Does the pieces of a study in the runner's browser: trains in stretches with a checkpoint in the folder after each, takes an
// encoder up from there, and hands what the engine scored to the folder.

import { existsSync } from 'node:fs';
import type { RunnerEvent, SampleRecord } from '../../src/headless.ts';
import { metricNames } from '../../src/protocol/metrics.ts';
import type { Job, StudyHost } from '../../src/study/queue.ts';
import type { Finished, Trained } from '../../src/study/state.ts';
import type { EngineSession } from './session.ts';
import { curveLines, type StudyFolder } from './studyFolder.ts';

const CURVE_POINTS = 64;

/** At most 64 means of equal length. */
function thinned(values: readonly (number | null)[]): (number | null)[] {
  const length = Math.max(1, Math.ceil(values.length / CURVE_POINTS));
  return Array.from({ length: Math.ceil(values.length / length) }, (_, i) => {
    const known = values.slice(i * length, (i + 1) * length).filter((value) => value !== null);
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  });
}

interface RunnerOptions extends Pick<StudyHost, 'halted' | 'onState'> {
  readonly keepEvery: number;
}

export class StudyRunner implements StudyHost {
  readonly onState: StudyHost['onState'];
  readonly halted: () => boolean;
  readonly #session: EngineSession;
  readonly #folder: StudyFolder;
  /** Seconds between checkpoints. */
  readonly #keepEvery: number;
  /** The run that the engine has at hand, once it is trained. */
  #atHand = '';
  #samples: SampleRecord[] = [];

  constructor(session: EngineSession, folder: StudyFolder, options: RunnerOptions) {
    this.#session = session;
    this.#folder = folder;
    this.#keepEvery = options.keepEvery;
    this.halted = options.halted;
    this.onState = options.onState;
  }

  hear(event: RunnerEvent): void {
    this.#folder.kept.hear(event);
    if (event.type === 'samples') this.#samples.push(...event.samples);
    // Steps that a lost device took with it are taken again.
    if (event.type === 'rewound') this.#samples = this.#samples.filter(({ step }) => step < event.step);
  }

  async train(job: Job): Promise<Trained> {
    const { call } = this.#session;
    this.#atHand = '';
    const { activeSeconds } = await this.#begin(job);
    let time = activeSeconds;
    for (;;) {
      this.#samples = [];
      const status = await call('trainFor', this.#keepEvery);
      const checkpoint = `${this.#folder.checkpoint(job.id)}.part`;
      await this.#session.save(checkpoint, 'saveCheckpoint', undefined);
      const lines = curveLines(this.#samples, metricNames(job.config), time);
      time = this.#samples.at(-1)?.activeSeconds ?? time;
      // Curves first: steps beyond the checkpoint are dropped, steps that are missing would be lost.
      await this.#folder.addCurve(job.id, lines);
      await this.#folder.putCheckpoint(job.id, checkpoint);
      if (status.step >= status.totalSteps) break;
    }
    await call('clearRuns');
    this.#atHand = job.id;
    return this.#trained(job);
  }

  async takeUp(job: Job, kind: 'method' | 'random'): Promise<void> {
    if (kind === 'method' && this.#atHand === job.id) return;
    this.#atHand = '';
    if (kind === 'random') await this.#session.call('prepare', job.config);
    else {
      await this.#import(job);
      this.#atHand = job.id;
    }
  }

  validate = (request: Parameters<StudyHost['validate']>[0]) =>
    this.#session.call('validateForStudy', request);
  async score(request: Parameters<StudyHost['score']>[0]): ReturnType<StudyHost['score']> {
    await this.#folder.kept.begin(this.#session);
    const scores = await this.#session.call('scoreForStudy', request);
    await this.#folder.kept.end();
    return scores;
  }
  keep = (finished: Finished) => this.#folder.keep(finished);

  /** At the checkpoint that a cut left behind, or at the start. */
  async #begin(job: Job) {
    if (existsSync(this.#folder.checkpoint(job.id))) return this.#import(job);
    return this.#session.call('prepare', job.config);
  }

  async #import(job: Job) {
    await this.#session.give('checkpoint', [this.#folder.checkpoint(job.id)]);
    return (await this.#session.call('importCheckpoint')).status;
  }

  async #trained({ id }: Job): Promise<Trained> {
    const lines = await this.#folder.curve(id, Number.POSITIVE_INFINITY);
    const memory = lines.flatMap((line) => line['memory/in-use'] ?? []);
    return {
      steps: lines.length,
      seconds: lines.reduce((sum, { seconds }) => sum + seconds, 0),
      memory: memory.length > 0 ? Math.max(...memory) : null,
      curve: thinned(lines.map((line) => line['loss/total'] ?? null)),
      runId: null,
    };
  }
}
