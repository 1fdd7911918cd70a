// Test helper: a study that trains nothing. Scores are made up as the fake engine makes them, so that a study can be cut
// anywhere and gone on with. Imported by tests only.

import { presetConfig } from '../config/presets.ts';
import { fakeScores, fakeValidation } from '../fake/study.ts';
import type { MethodName } from '../methods/records.ts';
import { AppError } from '../util/errors.ts';
import type { Job, StudyHost } from './queue.ts';
import { checkSpec, type StudySpec } from './spec.ts';
import { beginStudy, type Finished, type StudyData, type StudyState, withFinished } from './state.ts';

export const specOf = (changes: Partial<StudySpec> = {}): StudySpec =>
  checkSpec({
    base: presetConfig('smoke'),
    methods: [
      { name: 'mlvicx', settings: {} },
      { name: 'vicreg', settings: {} },
    ],
    reference: 'mlvicx',
    tasks: ['linear'],
    seeds: [1, 2],
    shares: [0.1, 1],
    findings: [],
    sweep: [],
    sweepSeeds: 1,
    films: 'test',
    ...changes,
  });

export const DATA: StudyData = {
  fingerprint: 'made',
  synthetic: false,
  films: { train: 300, val: 40, test: 120 },
  patients: { train: 150, val: 20, test: 60 },
  splitRule: 'drawn by patient',
  conflictingRows: 0,
  duplicatesAcross: 0,
};

export const begun = (spec: StudySpec): StudyState => ({ ...beginStudy(spec, 0), data: DATA });

/** Keeps what it is given, counts what it trains, and fails or stops where a test wants it to. */
export class TestHost implements StudyHost {
  kept: StudyState;
  readonly trained: string[] = [];
  /** Ends the work, as a closed browser would, when this many pieces are kept. */
  stopAfter = Number.POSITIVE_INFINITY;
  fail: (job: Job) => AppError | null = () => null;
  #pieces = 0;
  #steps = 0;

  constructor(state: StudyState) {
    this.kept = state;
  }

  async train(job: Job) {
    const failure = this.fail(job);
    if (failure) throw failure;
    this.trained.push(job.id);
    return { steps: 40, seconds: 2, memory: 1e6, curve: [3, 2, 1], runId: null };
  }

  async takeUp(job: Job, kind: 'method' | 'random') {
    if (kind === 'method' && !this.kept.trained[job.id]) throw new AppError('run-missing', job.id);
    this.#steps = kind === 'method' ? 40 : 0;
  }

  validate = async ({ config }: Parameters<StudyHost['validate']>[0]) => fakeValidation(config);
  score = (request: Parameters<StudyHost['score']>[0]) => fakeScores(request, this.#steps);
  halted = () => false;
  onState: StudyHost['onState'] = () => {};

  async keep(finished: Finished) {
    if (this.#pieces >= this.stopAfter) throw new AppError('cancelled');
    this.#pieces++;
    this.kept = withFinished(this.kept, finished);
  }
}

export const methodsNamed = (...names: MethodName[]): StudySpec['methods'] =>
  names.map((name) => ({ name, settings: {} }));
