// The linear evaluation of a frozen encoder, beside a random one of the same shape and raw pixels. Decides which films
// and findings take part, draws the labels, and assembles the report; fitting is in fit.ts, numbers in
// summarise.ts. Where it departs from the published evaluation the report says so in words.

import { type Config, SCHEMA } from '../../config/schema.ts';
import { LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import { type ComparedFeatures, encoderFeatures } from '../features.ts';
import { RESAMPLES } from '../scores/bootstrap.ts';
import type { Evaluate } from '../task.ts';
import { batchFor, type Draw, fitEncoder, fitPixels } from './fit.ts';
import { carveValidation, countFilms, drawShare, hasBothLabels, splitRows } from './labelShare.ts';
import { pixelFeatures } from './pixels.ts';
import type { LinearReport } from './report.ts';
import { eachEncoder, summarise } from './summarise.ts';

export interface LinearInput {
  readonly dataset: TrainingSet;
  /** Of all films in the order of the data set; raw pixels are taken from its planes. */
  readonly features: ComparedFeatures;
  readonly config: Config;
  /** Names; empty asks for all of the set. */
  readonly findings: readonly string[];
  /** Optimiser steps behind the pretrained encoder. */
  readonly step: number;
  /** What its weights were before the first of them, in words. */
  readonly start: string;
  /** It was pretrained on other films, or on another split of these, so that test films may be among those it has seen. */
  readonly trainedBeyond: boolean;
  readonly onProgress: (stage: string, done: number, total: number) => void;
  /** Awaited many times a second; may throw to cancel. */
  readonly yieldNow: () => Promise<void>;
}

/** @throws AppError labels-missing, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export const evaluateLinear: Evaluate<'linear'> = async ({ run, dataset, config, ...asked }) => {
  requireScorable(dataset, config, asked.findings);
  return scoreFeatures({
    ...asked,
    dataset,
    config,
    features: await encoderFeatures(run, dataset, config, asked.onProgress),
    step: run.step,
    start: run.start,
    trainedBeyond: run.trainedBeyond(dataset.fingerprint),
  });
};

/** Refuses a set that cannot be scored before its features, which take longest, are computed. @throws as evaluateLinear */
export function requireScorable(dataset: TrainingSet, config: Config, findings: readonly string[]): void {
  const rows = splitRows(dataset);
  const { scored } = chooseFindings(dataset, rows, findings);
  drawLabels(dataset, rows, scored, config);
}

/** The same on features that are there already. */
export async function scoreFeatures(task: LinearInput): Promise<LinearReport> {
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
  const fitted = (fitting: Promise<Float64Array>) => {
    onProgress('Linear layers', done++, total);
    return fitting;
  };
  // Draws of one random encoder after the other, as summarise wants them.
  for (const features of random) {
    for (const draw of draws) scores.random.push(await fitted(fitEncoder(features, draw, config, yieldNow)));
  }
  for (const draw of draws) {
    scores.pretrained.push(await fitted(fitEncoder(pretrained, draw, config, yieldNow)));
    scores.pixels.push(await fitted(fitPixels(pixels, draw, yieldNow)));
  }

  const classes = scored.length;
  const tableOf = draws[0]!.labels;
  const test = {
    findings: scored.map((k) => dataset.findings[k]!),
    labels: Uint8Array.from(
      { length: rows.test.length * classes },
      (_, i) => tableOf[rows.test[Math.floor(i / classes)]! * classes + (i % classes)]!,
    ),
    patients: rows.test.map((row) => dataset.patients[row]!),
    scores,
    draws: draws.length,
  };
  const numbers = await summarise(test, config.seed, async (done, all) => {
    onProgress('Intervals', done, all);
    await yieldNow();
  });
  const labelled = draws.reduce(
    (sum, { fit, val }) => sum + fit.length + (val && val !== rows.val ? val.length : 0),
    0,
  );
  return {
    share: config.labelShare,
    draws: draws.length,
    seed: config.seed,
    step: task.step,
    films: { train: rows.train.length, val: rows.val.length, test: rows.test.length },
    labelledFilms: labelled / draws.length,
    ...numbers,
    run: { imageSize: config.imageSize, batchSize: config.batchSize },
    leftOut,
    seconds: (performance.now() - started) / 1000,
    protocol: protocolWords(task, draws, validation),
  };
}

type Rows = ReturnType<typeof splitRows>;

/** Columns that can be scored, and the others with the reason. */
function chooseFindings(dataset: TrainingSet, rows: Rows, wanted: readonly string[]) {
  const { findings } = dataset;
  if (findings.length === 0) throw new AppError('labels-missing', 'the set has no findings.');
  const unknown = wanted.filter((name) => !findings.includes(name));
  if (unknown.length > 0) {
    const known = findings.slice(0, 20).join(', ');
    throw new AppError(
      'labels-missing',
      `the set has no finding called ${unknown.join(', ')}, but ${known}.`,
    );
  }
  for (const split of ['train', 'test'] as const) {
    if (rows[split].length === 0) throw new AppError('split-impossible', `there are no ${split} films.`);
  }
  const scored: number[] = [];
  const leftOut: { finding: string; reason: string }[] = [];
  for (const [k, finding] of findings.entries()) {
    if (wanted.length > 0 && !wanted.includes(finding)) continue;
    const reason = reasonAgainst(dataset, rows, k);
    if (reason) leftOut.push({ finding, reason });
    else scored.push(k);
  }
  if (scored.length === 0) {
    const reasons = leftOut.slice(0, 5).map(({ finding, reason }) => `${finding}: ${reason}`);
    throw new AppError('labels-missing', reasons.join('; '));
  }
  return { scored, leftOut };
}

function reasonAgainst(dataset: TrainingSet, rows: Rows, finding: number): string | null {
  for (const [split, words] of [
    ['test', 'test'],
    ['train', 'training'],
  ] as const) {
    const { positives, negatives } = countFilms(dataset, rows[split], finding);
    if (positives === 0) return `no ${words} film with it`;
    if (negatives === 0) return `no ${words} film without it`;
  }
  return null;
}

type ValidationSource = 'split' | 'carved' | 'none';

/** The labels of each draw. Every draw holds both labels of every scored finding, as the training films do. */
function drawLabels(dataset: TrainingSet, rows: Rows, scored: readonly number[], config: Config) {
  const columns = dataset.findings.length;
  const labels = new Uint8Array(dataset.splits.length * scored.length).fill(LABEL_UNKNOWN);
  for (let film = 0; film < dataset.splits.length; film++) {
    for (const [k, column] of scored.entries()) {
      labels[film * scored.length + k] = dataset.labels[film * columns + column]!;
    }
  }
  let validation: ValidationSource = hasBothLabels(dataset, rows.val, scored) ? 'split' : 'carved';
  const draws = Array.from({ length: config.labelShare < 1 ? config.labelDraws : 1 }, (_, index): Draw => {
    const common = { index, train: rows.train, test: rows.test, labels, classes: scored.length };
    const rng = new Rng(config.seed, 'share', index);
    const labelled = drawShare(dataset, rows.train, scored, config.labelShare, rng);
    if (validation === 'split') return { ...common, fit: labelled, val: rows.val };
    const carved = carveValidation(dataset, labelled, scored, rng);
    if (carved) return { ...common, ...carved };
    validation = 'none';
    return { ...common, fit: labelled, val: null };
  });
  return { draws, validation: validation as ValidationSource };
}

const TRAINED_BEYOND =
  'The encoder was pretrained on other films, labels or another split than these: test films may be among those it saw then.';

function protocolWords(
  { config, features, start, trainedBeyond }: LinearInput,
  draws: readonly Draw[],
  validation: ValidationSource,
): string[] {
  const { labelShare: share, probeBatch } = config;
  const films = draws[0]!.fit.length;
  const batch = batchFor(films, probeBatch);
  const stopping = {
    split: `Early stopping on the mean AUROC of ${draws[0]!.val?.length ?? 0} validation films, whose labels are not counted in the share.`,
    carved: 'No usable validation films: a fifth of the labelled patients is kept for early stopping.',
    none: `No usable validation films and too few labelled patients to spare any: trained for ${config.probeEpochs} epochs in at least one draw.`,
  };
  return [
    `Weights before pretraining: ${start}.`,
    'No patient has films in more than one split (checked).',
    ...(trainedBeyond ? [TRAINED_BEYOND] : []),
    `Features: ${SCHEMA.probeFeatures.choices[config.probeFeatures].toLowerCase()}; batch norm: ${SCHEMA.probeNorm.choices[config.probeNorm].toLowerCase()}.`,
    config.probeStandardise
      ? 'Features standardised over all training films; the published evaluation does not.'
      : 'Features as they are, not standardised (published).',
    config.probeFlip && features.pretrained.flipped
      ? 'Training films mirrored half of the time; test films never.'
      : 'No mirrored films.',
    stopping[validation],
    share < 1
      ? `Labels of ${Number((share * 100).toPrecision(3))} % of the training patients, mean of ${draws.length} seeded draws, each with both labels of every finding.`
      : 'Labels of all training patients.',
    ...(batch < probeBatch
      ? [`Batches of ${batch} instead of ${probeBatch}: at least eight steps an epoch.`]
      : []),
    `Random encoders: ${features.random.length}, the first at the start of the run; scores and gain are against their mean.`,
    `Raw pixels: ridge regression, ${validation === 'none' ? 'one fixed penalty where nothing is left to choose it on' : 'penalty chosen on the validation films'}.`,
    `Intervals: 95 % percentiles of ${RESAMPLES} bootstrap resamples of test patients, the labels as drawn.`,
  ];
}
