// Nearest neighbours as an evaluation: every test film is scored by the labelled training films that lie nearest to it for an
// encoder. Nothing is trained and nothing is chosen on validation films. The vote is in vote.ts, the comparison of the
// encoders in ../compared/compare.ts.

import type { Runtime } from '../../gpu/runtime.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import {
  type Compared,
  type Conditions,
  compareEncoders,
  INTERVAL_WORDS,
  openingWords,
  randomWords,
  shareWords,
} from '../compared/compare.ts';
import type { Evaluate } from '../evaluate.ts';
import { encoderFeatures } from '../features.ts';
import { type Draw, requireScorable } from '../labelDraws.ts';
import { setsOf } from '../sets.ts';
import { MANY_PRODUCTS, nearestOfMany } from './propose.ts';
import type { NeighboursReport } from './record.ts';
import { bankOf, nearest, vote } from './vote.ts';

/** Products between two chances for others to run: some ten milliseconds. */
const PRODUCTS_AT_ONCE = 2e7;

/** @throws AppError labels-missing, split-impossible, and whatever `yieldNow` throws */
export const evaluateNeighbours: Evaluate<'neighbours'> = async ({ run, dataset, config, ...asked }) => {
  requireScorable(dataset, config, asked.findings);
  // Test films are never mirrored, and the bank holds films as they are.
  const plain = { ...config, probeFlip: false };
  const compared = {
    ...asked,
    dataset,
    config,
    features: await encoderFeatures(run, dataset, plain, asked.onProgress),
    step: run.step,
    start: run.start,
    sets: setsOf(run, dataset, asked.pretrainedOn),
  };
  return voteOnFeatures(compared, run.runtime);
};

/** The same on features that are there already. @param runtime searches where films are very many; without one the CPU does */
export async function voteOnFeatures(task: Compared, runtime?: Runtime): Promise<NeighboursReport> {
  const { neighbourCount: neighbours, neighbourTemperature: temperature } = task.config;
  const films = task.dataset.splits.length;
  const scores = (features: Float32Array, draw: Draw) =>
    neighbourScores(
      features,
      features.length / films,
      draw,
      { neighbours, temperature, runtime },
      task.yieldNow,
    );
  const report = await compareEncoders(
    task,
    {
      stage: 'Neighbours',
      encoder: ({ features }, draw) => scores(features, draw),
      pixels: (features, draw) => scores(features, draw),
    },
    (conditions) => protocolWords(task, conditions),
  );
  return { ...report, neighbours, temperature };
}

interface Vote {
  readonly neighbours: number;
  readonly temperature: number;
  readonly runtime: Runtime | undefined;
}

/** Scores of the test films, test films x findings. @param dim of the features, films x dim, row-major. Films that no neighbour can speak for get the share of the bank. */
export async function neighbourScores(
  features: Float32Array,
  dim: number,
  { train, val, fit, test, labels, classes }: Draw,
  { neighbours: k, temperature, runtime }: Vote,
  yieldNow: () => Promise<void>,
): Promise<Float64Array> {
  // Labelled films that a draw keeps for early stopping vote as well: nothing here is stopped.
  const rows = val && isPartOf(train, val) ? Uint32Array.from([...fit, ...val]).sort() : fit;
  const bank = bankOf(features, dim, rows);
  const shares = Array.from({ length: classes }, (_, c) => positiveShare(rows, labels, classes, c));
  const scores = new Float64Array(test.length * classes);
  const products = rows.length * dim;
  const atOnce = Math.max(1, Math.floor(PRODUCTS_AT_ONCE / products));
  const proposed =
    runtime && products * test.length > MANY_PRODUCTS
      ? await nearestOfMany(runtime, bank, test, k, yieldNow)
      : null;
  for (const [i, film] of test.entries()) {
    if (i % atOnce === 0) await yieldNow();
    const found = proposed?.[i] ?? nearest(bank, features, film, k);
    for (let c = 0; c < classes; c++) {
      const score = vote(found, temperature, (place) => labels[rows[place]! * classes + c]!);
      scores[i * classes + c] = score ?? shares[c]!;
    }
  }
  return scores;
}

/** Validation films that were carved from the labelled ones stand in the training part. */
const isPartOf = (train: Uint32Array, val: Uint32Array) => val.length > 0 && train.includes(val[0]!);

function positiveShare(rows: Uint32Array, labels: Uint8Array, classes: number, c: number): number {
  let [positives, known] = [0, 0];
  for (const row of rows) {
    const label = labels[row * classes + c];
    if (label === LABEL_POSITIVE) positives++;
    if (label === LABEL_POSITIVE || label === LABEL_NEGATIVE) known++;
  }
  return known > 0 ? positives / known : 0;
}

function protocolWords(task: Compared, conditions: Conditions): string[] {
  const { neighbourCount: k, neighbourTemperature: temperature } = task.config;
  const labelled = conditions.draws[0]!.fit.length;
  return [
    ...openingWords(task),
    `Cosine of the features as they are; the ${k} nearest labelled training films vote with weight exp(cosine / ${temperature}).`,
    ...(labelled < k ? [`Only ${labelled} films are labelled, so all of them vote.`] : []),
    'A neighbour whose label is unknown has no vote on that finding.',
    shareWords(task.config, conditions),
    randomWords(task),
    'Raw pixels: the same vote on films of 32 x 32, each of mean 0 and deviation 1.',
    INTERVAL_WORDS,
  ];
}
