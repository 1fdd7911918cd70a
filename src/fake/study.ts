// The fake engine's answers to a study: scores of made-up films, drawn for the method and the seed, then ranked, resampled
// and placed as real ones are. Serves development and tests of study and page.

import type { Config } from '../config/schema.ts';
import {
  type EncoderScores,
  type FindingScores,
  STUDY_TASKS,
  type StudyRequest,
  type ValidationScore,
} from '../protocol/study.ts';
import { rank, rankedAuroc } from '../tasks/scores/auroc.ts';
import { resampledAurocs } from '../tasks/scores/bootstrap.ts';
import { meanPlacements, placements } from '../tasks/scores/significance.ts';
import { hashText, Rng } from '../util/rng.ts';

const FILMS = 120;
const FINDINGS = { Effusion: 0.5, Nodule: 0.22 };

/** How far apart positives and negatives lie: by method, a little by seed, more with more labels; pixels and random less. */
function strengthOf({ config, encoder, task }: StudyRequest, share: number, step: number): number {
  const base = encoder === 'pixels' ? 0.5 : step === 0 ? 0.3 : 1;
  const byMethod = (hashText(config.method) % 100) / 250;
  const byTask = task === 'linear' ? 0 : (hashText(task) % 100) / 250;
  return base + byMethod + byTask + 0.15 * Math.log10(share) + 0.05 * new Rng(config.seed, 'probe').normal();
}

async function findingScores(
  finding: string,
  positive: number,
  request: StudyRequest,
  share: number,
  step: number,
): Promise<FindingScores> {
  const truth = new Rng(1, 'synthetic', hashText(finding));
  const labels = Array.from({ length: FILMS }, () => Number(truth.chance(positive)));
  const shared = Array.from({ length: FILMS }, () => truth.normal());
  const strength = strengthOf(request, share, step);
  const rankings = Array.from({ length: share < 1 ? request.config.labelDraws : 1 }, (_, draw) => {
    const own = new Rng(request.config.seed, 'share', draw, hashText(request.config.method), 1000 * share);
    return rank(
      labels.map((label, i) => strength * label + 0.7 * shared[i]! + 0.5 * own.normal()),
      labels,
    );
  });
  const patients = labels.map((_, i) => i >> 1);
  const resampled = await resampledAurocs([rankings], patients, request.resampleSeed, async () => {});
  const { positives, negatives } = meanPlacements(rankings.map(placements));
  return {
    finding,
    positives: positives.length,
    negatives: negatives.length,
    aurocs: rankings.map((ranking) => rankedAuroc(ranking)),
    resampled: Array.from(resampled[0]!, (value) => (Number.isNaN(value) ? null : value)),
    placements: STUDY_TASKS[request.task].ranks
      ? { positives: [...positives], negatives: [...negatives] }
      : { positives: [], negatives: [] },
  };
}

export async function fakeScores(request: StudyRequest, step: number): Promise<EncoderScores> {
  const shares = request.shares.map(async (share) => ({
    share,
    labelledFilms: Math.round(300 * share),
    findings: await Promise.all(
      Object.entries(FINDINGS).map(([name, positive]) => findingScores(name, positive, request, share, step)),
    ),
  }));
  return {
    films: { train: 300, val: 40, test: FILMS },
    testPatients: FILMS / 2,
    shares: await Promise.all(shares),
    leftOut: [{ finding: 'Hernia', reason: 'no test film with it' }],
    seconds: 0.4,
  };
}

/** Best at a rate in the middle. */
export const fakeValidation = ({ learningRate, method }: Config): ValidationScore => ({
  auroc: 0.9 - 0.05 * Math.abs(Math.log10(learningRate / 0.005)) - (hashText(method) % 10) / 1000,
  films: 40,
  seconds: 0.1,
});
