// From frozen features to a report of scores: every encoder learns from the same draws of labels and is asked about the
// same test films. What "learns" means is the task's (a Scorer); this decides who takes part, counts, and says under
// which conditions all was measured. The numbers are made in summarise.ts.

import { type Config, SCHEMA } from '../../config/schema.ts';
import type { Predictions } from '../../protocol/looks.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { type EncoderFeatures, pixelFeatures } from '../features.ts';
import {
  chooseFindings,
  type Draw,
  drawLabels,
  type Rows,
  splitRows,
  type ValidationSource,
} from '../labelDraws.ts';
import { type Sets, setsInWords } from '../record.ts';
import { RESAMPLES } from '../scores/bootstrap.ts';
import type { ScoredReport } from './record.ts';
import { eachEncoder, summarise } from './summarise.ts';

/** @template E what an encoder is to the task: its features, or the weights from which it begins */
export interface Compared<E = EncoderFeatures> {
  readonly dataset: TrainingSet;
  /** The pretrained encoder and the random ones beside it; raw pixels are taken from the planes of the set. */
  readonly features: { readonly pretrained: E; readonly random: readonly E[] };
  readonly config: Config;
  /** Names; empty asks for all of the set. */
  readonly findings: readonly string[];
  /** Optimiser steps behind the pretrained encoder. */
  readonly step: number;
  /** What its weights were before the first of them, in words. */
  readonly start: string;
  /** Where it was pretrained on other films, or on another split of these. */
  readonly sets: Sets | null;
  readonly onProgress: (stage: string, done: number, total: number) => void;
  /** Hears the scores of every test film. */
  readonly onScores?: ((predictions: Predictions) => void) | undefined;
  /** Awaited many times a second; may throw to cancel. */
  readonly yieldNow: () => Promise<void>;
}

/** How a task learns from one draw of labels: test scores, test films x findings, of which only the order matters. */
export interface Scorer<E> {
  /** What the work is called while it goes on. */
  readonly stage: string;
  encoder(features: E, draw: Draw): Promise<Float64Array>;
  pixels(features: Float32Array, draw: Draw): Promise<Float64Array>;
}

/** What the sentences of a protocol are made from. */
export interface Conditions {
  readonly draws: readonly Draw[];
  readonly validation: ValidationSource;
}

/** @throws AppError labels-missing, split-impossible, those of the scorer, and whatever `yieldNow` throws */
export async function compareEncoders<E>(
  task: Compared<E>,
  scorer: Scorer<E>,
  protocol: (conditions: Conditions) => string[],
): Promise<ScoredReport> {
  const started = performance.now();
  const { dataset, config, onProgress, yieldNow } = task;
  const rows = splitRows(dataset);
  const { scored, leftOut } = chooseFindings(dataset, rows, task.findings);
  const { draws, validation } = drawLabels(dataset, rows, scored, config);
  const pixels = await pixelFeatures(dataset);

  const scores = eachEncoder((): Float64Array[] => []);
  const { pretrained, random } = task.features;
  const total = draws.length * (2 + random.length);
  let done = 0;
  // Begun only after the progress is told, which may call it off: a fit under way would then have nobody to hear its failure.
  const fitted = (begin: () => Promise<Float64Array>) => {
    onProgress(scorer.stage, done++, total);
    return begin();
  };
  // Draws of one random encoder after the other, as summarise wants them.
  for (const features of random) {
    for (const draw of draws) scores.random.push(await fitted(() => scorer.encoder(features, draw)));
  }
  for (const draw of draws) {
    scores.pretrained.push(await fitted(() => scorer.encoder(pretrained, draw)));
    scores.pixels.push(await fitted(() => scorer.pixels(pixels, draw)));
  }

  const test = { ...testFilms(dataset, rows, scored, draws), scores };
  const { findings, labels } = test;
  task.onScores?.({
    findings,
    films: rows.test,
    labels,
    scores: eachEncoder((name) => meanScores(scores[name])),
  });
  const numbers = await summarise(test, config.seed, async (at, all) => {
    onProgress('Intervals', at, all);
    await yieldNow();
  });
  return {
    share: config.labelShare,
    draws: draws.length,
    seed: config.seed,
    step: task.step,
    films: { train: rows.train.length, val: rows.val.length, test: rows.test.length },
    labelledFilms: meanLabelled(rows, draws),
    ...numbers,
    run: { imageSize: config.imageSize, batchSize: config.batchSize },
    leftOut,
    ...(task.sets && { sets: task.sets }),
    seconds: (performance.now() - started) / 1000,
    protocol: [...protocol({ draws, validation }), ...mattersOfSet(dataset, scored)],
  };
}

/** Over label draws, and random encoders. */
const meanScores = (each: readonly Float64Array[]): Float64Array =>
  Float64Array.from(each[0] ?? [], (_, i) => each.reduce((sum, scores) => sum + scores[i]!, 0) / each.length);

/** What summarise asks of the test films, apart from their scores. */
function testFilms(dataset: TrainingSet, rows: Rows, scored: readonly number[], draws: readonly Draw[]) {
  const classes = scored.length;
  const tableOf = draws[0]!.labels;
  return {
    findings: scored.map((k) => dataset.findings[k]!),
    labels: Uint8Array.from(
      { length: rows.test.length * classes },
      (_, i) => tableOf[rows.test[Math.floor(i / classes)]! * classes + (i % classes)]!,
    ),
    patients: rows.test.map((row) => dataset.patients[row]!),
    draws: draws.length,
  };
}

/** Labelled films a draw takes on average, those that it keeps for early stopping included. */
function meanLabelled(rows: Rows, draws: readonly Draw[]): number {
  const labelled = draws.reduce(
    (sum, { fit, val }) => sum + fit.length + (val && val !== rows.val ? val.length : 0),
    0,
  );
  return labelled / draws.length;
}

/** "No Finding" as label files of one column per class have it. */
const NO_FINDING = /^(no[\s_-]*findings?|normal)$/i;

/** What scores of other work can only be held against where it is alike. */
function mattersOfSet({ findings, parts }: TrainingSet, scored: readonly number[]): string[] {
  const normal = scored.some((k) => NO_FINDING.test(findings[k]!));
  const among = normal ? 'is one of them' : 'is not among them';
  return [
    `Mean over ${scored.length} finding${scored.length === 1 ? '' : 's'}; "No Finding" ${among}.`,
    ...(parts ? [`Parts: ${parts}.`] : []),
  ];
}

/** Sentences that every protocol begins with: where the encoder comes from. */
export const startWords = ({ start, sets }: Pick<Compared, 'start' | 'sets'>): string[] => [
  `Weights before pretraining: ${start}.`,
  'No patient has films in more than one split (checked).',
  ...(sets ? [setsInWords(sets)] : []),
];

/** The same of frozen encoders: what is taken from them. */
export const openingWords = ({ config, ...rest }: Compared): string[] => [
  ...startWords(rest),
  `Features: ${SCHEMA.probeFeatures.choices[config.probeFeatures].toLowerCase()}; batch norm: ${SCHEMA.probeNorm.choices[config.probeNorm].toLowerCase()}.`,
];

export const shareWords = ({ labelShare: share }: Config, { draws }: Conditions): string =>
  share < 1
    ? `Labels of ${Number((share * 100).toPrecision(3))} % of the training patients, mean of ${draws.length} seeded draws, each with both labels of every finding.`
    : 'Labels of all training patients.';

export const randomWords = ({ features }: Compared): string =>
  `Random encoders: ${features.random.length}, the first at the start of the run; scores and gain are against their mean.`;

export const INTERVAL_WORDS = `Intervals: 95 % percentiles of ${RESAMPLES} bootstrap resamples of test patients, the labels as drawn.`;
