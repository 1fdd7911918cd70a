// Evaluations as a study asks for them: one encoder at several label shares, by one of the tasks of the table below, with all that its
// differences to others are made of; and the validation films by themselves, which choose settings before a test film is looked at.

import type { Config } from '../config/schema.ts';
import type {
  EncoderScores,
  FindingScores,
  StudyRequest,
  StudyTask,
  ValidationScore,
} from '../protocol/study.ts';
import type { TrainingSet } from '../train/batchSource.ts';
import type { Pretrainer } from '../train/pretrain.ts';
import { AppError } from '../util/errors.ts';
import type { EvaluationInput } from './evaluate.ts';
import { type EncoderFeatures, encoderFeatures, pixelFeatures } from './features.ts';
import { startFrom, tuneOrTakeUp } from './finetune/evaluate.ts';
import { chooseFindings, type Draw, drawLabels, shareAndDraw, splitRows } from './labelDraws.ts';
import { fitEncoder, fitLayer, fitPixels } from './linear/fit.ts';
import { neighbourScores } from './neighbours/evaluate.ts';
import { rank, rankedAuroc } from './scores/auroc.ts';
import { resampledAurocs } from './scores/bootstrap.ts';
import { meanPlacements, placements } from './scores/significance.ts';
import { scoreMasks } from './segmentation/study.ts';
import { Trainings } from './trainings.ts';

interface Surroundings
  extends Pick<EvaluationInput, 'dataset' | 'onProgress' | 'yieldNow' | 'openTrainings' | 'onTakenUp'> {
  /** Null where only pixels are wanted. */
  readonly run: Pretrainer | null;
}

const secondsSince = (started: number) => (performance.now() - started) / 1000;

/** @throws AppError labels-missing, masks-missing, split-impossible, loss-not-finite, not-ready, and whatever `yieldNow` throws */
export async function scoreForStudy(around: Surroundings, request: StudyRequest): Promise<EncoderScores> {
  if (request.task === 'segmentation') return scoreMasks({ ...around, run: needRun(around.run) }, request);
  const started = performance.now();
  const { dataset } = around;
  const rows = splitRows(dataset);
  const chosen = chooseFindings(dataset, rows, request.findings);
  const fit = await fitterOf(around, request.task, request);
  try {
    const shares = await scoreShares(around, request, chosen.scored, fit);
    await fit.close?.(true);
    const { train, val, test } = rows;
    return {
      films: { train: train.length, val: val.length, test: test.length },
      testPatients: new Set(test.map((row) => dataset.patients[row]!)).size,
      shares,
      leftOut: chosen.leftOut,
      seconds: secondsSince(started) + (fit.secondsBefore ?? 0),
    };
  } finally {
    await fit.close?.(false);
  }
}

async function scoreShares(
  around: Surroundings,
  request: StudyRequest,
  scored: readonly number[],
  fit: Fit,
): Promise<EncoderScores['shares']> {
  const { dataset, onProgress, yieldNow } = around;
  const rows = splitRows(dataset);
  const shares: EncoderScores['shares'][number][] = [];
  for (const [at, share] of request.shares.entries()) {
    onProgress('Label shares', at, request.shares.length);
    const { draws } = drawLabels(dataset, rows, scored, { ...request.config, labelShare: share });
    const logits: Float64Array[] = [];
    for (const draw of draws) logits.push(await fit.logits(draw, share));
    const labelled = draws.reduce((sum, { fit: films, val }) => {
      return sum + films.length + (val && val !== rows.val ? val.length : 0);
    }, 0);
    shares.push({
      share,
      labelledFilms: labelled / draws.length,
      findings: await findingScores(around, {
        names: scored.map((k) => dataset.findings[k]!),
        draw: draws[0]!,
        logits,
        patients: rows.test.map((row) => dataset.patients[row]!),
        seed: request.resampleSeed,
      }),
    });
    await yieldNow();
  }
  return shares;
}

interface Fit {
  /** Scores of the test films, test films x findings, after learning from a draw of a share of the labels. */
  logits(draw: Draw, share: number): Promise<Float64Array>;
  /** Spent on trainings before a cut. */
  readonly secondsBefore?: number;
  /** Lets go of what it keeps of trainings. */
  close?(finished: boolean): Promise<void>;
}

/** What an encoder does with labels by a task, and raw pixels with the same. */
interface StudyFitter {
  encoder(around: Surroundings, request: StudyRequest): Promise<Fit>;
  pixels(around: Surroundings, request: StudyRequest): Promise<Fit>;
}

/** Tasks that score films by findings; masks have a way of their own. */
type FittedTask = Exclude<StudyTask, 'segmentation'>;

const ridgeOnPixels: StudyFitter['pixels'] = async ({ dataset, yieldNow }) => {
  const pixels = await pixelFeatures(dataset);
  return { logits: (draw) => fitPixels(pixels, draw, yieldNow) };
};

const FITTERS: Readonly<Record<FittedTask, StudyFitter>> = {
  linear: {
    async encoder({ run, dataset, onProgress, yieldNow }, { config }) {
      const features = await frozen(run, dataset, config, onProgress);
      return { logits: (draw) => fitEncoder(features, draw, config, yieldNow) };
    },
    pixels: ridgeOnPixels,
  },
  neighbours: {
    async encoder(around, { config }) {
      const { run, dataset, onProgress } = around;
      const { features } = await frozen(run, dataset, { ...config, probeFlip: false }, onProgress);
      return voteBy(features, around, config);
    },
    pixels: async (around, { config }) => voteBy(await pixelFeatures(around.dataset), around, config),
  },
  finetune: { encoder: tuneBy, pixels: ridgeOnPixels },
};

async function tuneBy(around: Surroundings, { config, findings }: StudyRequest): Promise<Fit> {
  const { dataset, openTrainings } = around;
  const run = needRun(around.run);
  const start = { name: 'pretrained' as const, ...startFrom(await run.model.parameters.read(), config.seed) };
  const asked = {
    task: 'finetune',
    config,
    findings,
    fingerprint: dataset.fingerprint,
    more: 'study',
  } as const;
  const trainings = await Trainings.open(openTrainings, asked, start.buffers);
  return {
    logits: async (draw, share) => {
      const words = shareAndDraw(share, draw);
      return (await tuneOrTakeUp(trainings, words, start, draw, { ...around, run, config })).scores;
    },
    secondsBefore: trainings.secondsBefore,
    close: (finished) => trainings.close(finished),
  };
}

function voteBy(features: Float32Array, { run, dataset, yieldNow }: Surroundings, config: Config): Fit {
  const { neighbourCount: neighbours, neighbourTemperature: temperature } = config;
  const how = { neighbours, temperature, runtime: run?.runtime };
  const dim = features.length / dataset.splits.length;
  return { logits: (draw) => neighbourScores(features, dim, draw, how, yieldNow) };
}

function fitterOf(around: Surroundings, task: FittedTask, request: StudyRequest): Promise<Fit> {
  const fitter = FITTERS[task];
  return request.encoder === 'pixels' ? fitter.pixels(around, request) : fitter.encoder(around, request);
}

function needRun(run: Pretrainer | null): Pretrainer {
  if (!run) throw new AppError('not-ready', 'no run is prepared.');
  return run;
}

async function frozen(
  run: Pretrainer | null,
  dataset: TrainingSet,
  config: Config,
  onProgress: EvaluationInput['onProgress'],
): Promise<EncoderFeatures> {
  // The random encoders of a study are runs of their own, of no steps.
  return (await encoderFeatures(needRun(run), dataset, { ...config, randomEncoders: 0 }, onProgress))
    .pretrained;
}

interface Scored {
  readonly names: readonly string[];
  readonly draw: Draw;
  /** Per draw, test films x findings. */
  readonly logits: readonly Float64Array[];
  readonly patients: Uint32Array;
  readonly seed: number;
}

async function findingScores(
  { onProgress, yieldNow }: Surroundings,
  { names, draw, logits, patients, seed }: Scored,
): Promise<FindingScores[]> {
  const { test, labels, classes } = draw;
  const columns = names.map((_, k) => Uint8Array.from(test, (row) => labels[row * classes + k]!));
  const rankings = columns.map((column, k) =>
    logits.map((scores) =>
      rank(
        Float64Array.from(test, (_, i) => scores[i * classes + k]!),
        column,
      ),
    ),
  );
  const resampled = await resampledAurocs(rankings, patients, seed, async (done, total) => {
    onProgress('Intervals', done, total);
    await yieldNow();
  });
  return names.map((finding, k) => {
    const placed = meanPlacements(rankings[k]!.map(placements));
    return {
      finding,
      positives: placed.positives.length,
      negatives: placed.negatives.length,
      aurocs: rankings[k]!.map((ranking) => rankedAuroc(ranking)),
      resampled: Array.from(resampled[k]!, (value) => (Number.isNaN(value) ? null : value)),
      placements: { positives: [...placed.positives], negatives: [...placed.negatives] },
    };
  });
}

/**
 * The encoder of the run at hand on validation films, a linear layer on all training labels: what settings are chosen by. The
 * layer stops at its best epoch on these films, alike for every setting. @throws as scoreForStudy
 */
export async function validateForStudy(
  { run, dataset, onProgress, yieldNow }: Surroundings,
  { findings, config }: Pick<StudyRequest, 'findings' | 'config'>,
): Promise<ValidationScore> {
  const started = performance.now();
  const rows = splitRows(dataset);
  const { scored } = chooseFindings(dataset, rows, findings);
  const whole = { ...config, labelShare: 1 };
  const { draws } = drawLabels(dataset, rows, scored, whole);
  const draw = draws[0]!;
  if (!draw.val) return { auroc: null, films: 0, seconds: secondsSince(started) };
  const features = await frozen(run, dataset, whole, onProgress);
  const { validation } = await fitLayer(features, draw, whole, yieldNow);
  return { auroc: validation, films: draw.val.length, seconds: secondsSince(started) };
}
