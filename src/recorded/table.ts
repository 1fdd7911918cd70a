// The runs that ship with the app, each with all that makes it what it is: a preset, what differs from it, and the evaluations
// made of it. The command that records them (e2e/tools/record.ts), the lessons, which train the same live, and the test that
// checks the files all read this table.

import { type PresetName, presetConfig } from '../config/presets.ts';
import { type Config, parseConfig } from '../config/schema.ts';
import type { TaskName } from '../tasks/records.ts';

export interface RecordedEvaluation {
  readonly task: TaskName;
  /** Of the labels. */
  readonly share: number;
}

export interface RecordedRow {
  readonly preset: PresetName;
  readonly settings: Partial<Config>;
  readonly evaluations: readonly RecordedEvaluation[];
}

/** Short enough for a lesson, long enough to see what a term does. */
const SHORT: Partial<Config> = {
  method: 'vicreg',
  imageSize: 32,
  embeddingDim: 64,
  projectorHidden: 128,
  maxSteps: 100,
  diagnoseEvery: 25,
};
/** Trained with labels, at a size at which the last map has places: views cut a corner away, and what they cut is not learnt without. */
const LABELLED: Partial<Config> = {
  method: 'supervised',
  imageSize: 96,
  batchSize: 16,
  maxSteps: 160,
  diagnoseEvery: 80,
};
/** A patient has two to four films, so that more neighbours than a few are others' films. */
const FOLLOW_UP: Partial<Config> = { imageSize: 48, neighbourCount: 3 };
const NEIGHBOURS: RecordedEvaluation = { task: 'neighbours', share: 1 };
const LINEAR: RecordedEvaluation = { task: 'linear', share: 1 };

const short = (settings: Partial<Config>, evaluations: readonly RecordedEvaluation[] = []): RecordedRow => ({
  preset: 'demo',
  settings: { ...SHORT, ...settings },
  evaluations,
});

export const RECORDED = {
  first: {
    preset: 'demo',
    settings: { maxSteps: 440, diagnoseEvery: 55 },
    evaluations: [NEIGHBOURS, { task: 'linear', share: 0.01 }, LINEAR],
  },
  variance: short({ varianceWeight: 0 }),
  covariance: short({ covarianceWeight: 0 }),
  invariance: short({ invarianceWeight: 0 }),
  simsiam: short({ method: 'simsiam', stopGradient: false }),
  marker: short({ ...LABELLED, syntheticTrap: 'marker' }, [LINEAR]),
  unmarked: short(LABELLED, [LINEAR]),
  leak: short({ ...FOLLOW_UP, syntheticTrap: 'leak' }, [NEIGHBOURS]),
  patient: short({ ...FOLLOW_UP, syntheticTrap: 'follow-up' }, [NEIGHBOURS]),
} as const satisfies Record<string, RecordedRow>;

export type RecordedName = keyof typeof RECORDED;
export const RECORDED_NAMES = Object.keys(RECORDED) as RecordedName[];

/** The complete configuration of a recorded run. */
export function recordedConfig(name: RecordedName): Config {
  const { preset, settings } = RECORDED[name];
  return parseConfig(settings, presetConfig(preset));
}
