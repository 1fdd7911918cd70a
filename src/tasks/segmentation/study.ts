// Masks as a column of a study: one encoder at several label shares, its decoder trained on each draw of masks, and the Dice of test
// films with a mask in the form in which a study holds scores. What a study does with them is in src/study.

import { refusalOf } from '../../protocol/device.ts';
import type { EncoderScores, StudyRequest } from '../../protocol/study.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import type { EvaluationInput } from '../evaluate.ts';
import { countFilms, shareAndDraw } from '../labelDraws.ts';
import { Trainings } from '../trainings.ts';
import { startOf } from './evaluate.ts';
import { digestOf, drawMasks, type MaskedFilms, maskedFilms } from './films.ts';
import { planMasks } from './memory.ts';
import { meanOverFilms, type Overlap } from './overlap.ts';
import type { Start } from './segmenter.ts';
import { trainOrTakeUp } from './train.ts';

type Around = Pick<EvaluationInput, 'dataset' | 'onProgress' | 'yieldNow' | 'openTrainings' | 'onTakenUp'> & {
  readonly run: Pretrainer;
};

/** @throws AppError masks-missing, does-not-fit, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export async function scoreMasks(around: Around, request: StudyRequest): Promise<EncoderScores> {
  const started = performance.now();
  const { run, dataset, onProgress } = around;
  const { config, findings } = request;
  const refusal = refusalOf(planMasks(config, run.runtime.kind));
  if (refusal) throw refusal;
  const films = await maskedFilms(dataset, findings, config.imageSize, (done, total) =>
    onProgress('Masks', done, total),
  );
  const start = await startOf(run);
  const { fingerprint } = dataset;
  const more = ['study', await digestOf(films)];
  const key = { task: 'segmentation', config, findings, fingerprint, more } as const;
  return Trainings.during(around.openTrainings, key, start.buffers, async (trainings) => {
    const shares = await scoreShares(trainings, start, films, around, request);
    const { train, val, test } = films.rows;
    return {
      films: { train: train.length, val: val.length, test: test.length },
      testPatients: new Set(test.map((film) => dataset.patients[film]!)).size,
      shares,
      leftOut: [],
      seconds: trainings.secondsBefore + (performance.now() - started) / 1000,
    };
  });
}

async function scoreShares(
  trainings: Trainings,
  start: Start,
  films: MaskedFilms,
  around: Around,
  { config, shares, resampleSeed }: StudyRequest,
): Promise<EncoderScores['shares']> {
  const { rows, table, truth, targets } = films;
  const patients = rows.test.map((film) => around.dataset.patients[film]!);
  const { positives, negatives } = countFilms(table, rows.test, 0);
  const scored: EncoderScores['shares'][number][] = [];
  for (const share of shares) {
    const asked = { ...config, labelShare: share };
    const { draws } = drawMasks(films, asked);
    const drawn: (readonly Overlap[])[] = [];
    for (const draw of draws) {
      const words = shareAndDraw(share, draw);
      const { overlaps } = await trainOrTakeUp(trainings, words, start, draw, {
        ...around,
        config: asked,
        truth,
      });
      drawn.push(overlaps);
    }
    const mean = (of: typeof drawn) => meanOverFilms('dicePositive', of, patients, resampleSeed);
    const labelled = draws.reduce(
      (sum, { fit, val }) => sum + fit.length + (val && val !== rows.val ? val.length : 0),
      0,
    );
    scored.push({
      share,
      labelledFilms: labelled / draws.length,
      findings: [
        {
          finding: targets.join(' or '),
          positives,
          negatives,
          aurocs: drawn.map((one) => mean([one]).value),
          resampled: Array.from(mean(drawn).resampled, (value) => (Number.isNaN(value) ? null : value)),
          placements: { positives: [], negatives: [] },
        },
      ],
    });
  }
  return scored;
}
