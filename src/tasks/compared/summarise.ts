// From test scores of every encoder and label draw to the numbers of the report: AUROC per finding and their mean, with
// intervals over test patients, average precision and ROC curves. Fits nothing and decides nothing.

import type { Interval } from '../record.ts';
import { averagePrecision, type Ranking, rank, rankedAuroc, rocCurve } from '../scores/auroc.ts';
import {
  meanOf,
  meanResampled,
  pairedDifference,
  percentileInterval,
  resampledAurocs,
} from '../scores/bootstrap.ts';
import {
  type BaselineName,
  ENCODER_NAMES,
  type EncoderName,
  type FindingScore,
  type RocCurve,
} from './record.ts';

export interface TestScores {
  /** Scored findings, in the order of the columns. */
  readonly findings: readonly string[];
  /** Test films x findings: 0, 1 or 255. */
  readonly labels: Uint8Array;
  readonly patients: Uint32Array;
  readonly draws: number;
  /** Per label draw, test films x findings; only their order matters. Draws of one random encoder follow those of another. */
  readonly scores: Record<EncoderName, readonly Float64Array[]>;
}

export interface ReportedScores {
  readonly mean: Record<EncoderName, Interval>;
  readonly gain: Record<BaselineName, Interval>;
  readonly randomEncoders: (number | null)[];
  readonly findings: FindingScore[];
}

/** A value for each encoder. */
export const eachEncoder = <T>(make: (encoder: EncoderName) => T): Record<EncoderName, T> => ({
  pretrained: make('pretrained'),
  random: make('random'),
  pixels: make('pixels'),
});

/** Rankings per encoder, finding and draw. */
type Rankings = Record<EncoderName, Ranking[][]>;

export async function summarise(
  test: TestScores,
  seed: number,
  onResample: (done: number, total: number) => Promise<void>,
): Promise<ReportedScores> {
  const columns = test.findings.length;
  const column = (table: Uint8Array | Float64Array, k: number) => table.filter((_, i) => i % columns === k);
  const labels = test.findings.map((_, k) => column(test.labels, k));
  const rankings = eachEncoder((encoder) =>
    labels.map((ofFinding, k) => test.scores[encoder].map((scores) => rank(column(scores, k), ofFinding))),
  );
  const resampled = await resample(rankings, test, seed, onResample);
  const auroc = eachEncoder((encoder) =>
    rankings[encoder].map((draws) => meanOf(draws.map((ranking) => rankedAuroc(ranking)))),
  );
  const mean = eachEncoder((encoder) => meanOf(auroc[encoder]));
  const scored = (encoder: EncoderName) => ({ value: mean[encoder], resampled: resampled.mean[encoder] });
  const gainOver = (baseline: BaselineName) => pairedDifference(scored('pretrained'), scored(baseline));
  return {
    mean: eachEncoder((encoder) => percentileInterval(mean[encoder], resampled.mean[encoder])),
    gain: { random: gainOver('random'), pixels: gainOver('pixels') },
    randomEncoders: encoderMeans(rankings.random, test.draws),
    findings: test.findings.map((finding, k) => ({
      finding,
      positives: labels[k]!.filter((label) => label === 1).length,
      negatives: labels[k]!.filter((label) => label === 0).length,
      auroc: eachEncoder((e) => percentileInterval(auroc[e][k]!, resampled.finding[e][k]!)),
      averagePrecision: eachEncoder((e) => meanOf(rankings[e][k]!.map(averagePrecision))),
      roc: eachEncoder((e) => curveOf(rankings[e][k]![0]!)),
    })),
  };
}

/** Mean AUROC over findings and draws of each encoder by itself. */
function encoderMeans(rankings: Ranking[][], draws: number): (number | null)[] {
  const encoders = (rankings[0]?.length ?? 0) / draws;
  return Array.from({ length: encoders }, (_, at) =>
    meanOf(
      rankings.map((ofFinding) =>
        meanOf(ofFinding.slice(at * draws, (at + 1) * draws).map((r) => rankedAuroc(r))),
      ),
    ),
  );
}

function curveOf(ranking: Ranking): RocCurve | null {
  const points = rocCurve(ranking);
  return points && { fpr: points.fpr, tpr: points.tpr };
}

interface Resampled {
  readonly mean: Record<EncoderName, Float64Array>;
  readonly finding: Record<EncoderName, Float64Array[]>;
}

/** The same resamples for every encoder, finding and draw, so that differences are paired. */
async function resample(
  rankings: Rankings,
  { patients }: TestScores,
  seed: number,
  onResample: (done: number, total: number) => Promise<void>,
): Promise<Resampled> {
  const finding = eachEncoder((): Float64Array[] => []);
  for (const [at, encoder] of ENCODER_NAMES.entries()) {
    finding[encoder] = await resampledAurocs(rankings[encoder], patients, seed, (done, total) =>
      onResample(at * total + done, ENCODER_NAMES.length * total),
    );
  }
  return { finding, mean: eachEncoder((encoder) => meanResampled(finding[encoder])) };
}
