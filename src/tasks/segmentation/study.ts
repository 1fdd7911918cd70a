// Masks as a column of a study: one encoder at several label shares, its decoder trained on each draw of masks, and the Dice of test
// films with a mask in the form in which a study holds scores. What a study does with them is in src/study.

import { refusalOf } from '../../protocol/device.ts';
import type { EncoderScores, StudyRequest } from '../../protocol/study.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import type { EvaluationInput } from '../evaluate.ts';
import { countFilms } from '../labelDraws.ts';
import { overlapsOn, startOf } from './evaluate.ts';
import { drawMasks, maskedFilms } from './films.ts';
import { planMasks } from './memory.ts';
import { meanOverFilms } from './overlap.ts';
import { trainMasks } from './train.ts';

type Around = Pick<EvaluationInput, 'dataset' | 'onProgress' | 'yieldNow'> & { readonly run: Pretrainer };

/** @throws AppError masks-missing, does-not-fit, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export async function scoreMasks(
  { run, dataset, onProgress, yieldNow }: Around,
  { config, findings, shares, resampleSeed }: StudyRequest,
): Promise<EncoderScores> {
  const started = performance.now();
  const refusal = refusalOf(planMasks(config, run.runtime.kind));
  if (refusal) throw refusal;
  const films = await maskedFilms(dataset, findings, config.imageSize, (done, total) =>
    onProgress('Masks', done, total),
  );
  const { rows, table, truth, targets } = films;
  const [start, overlaps] = [await startOf(run), overlapsOn(films)];
  const patients = rows.test.map((film) => dataset.patients[film]!);
  const { positives, negatives } = countFilms(table, rows.test, 0);
  const scored: EncoderScores['shares'][number][] = [];
  for (const share of shares) {
    const asked = { ...config, labelShare: share };
    const { draws } = drawMasks(films, asked);
    const drawn: ReturnType<typeof overlaps>[] = [];
    for (const draw of draws) {
      const onEpoch = (done: number, total: number) =>
        onProgress(`Decoder, draw ${draw.index + 1}, epoch`, done, total);
      const { runtime } = run;
      const training = { runtime, dataset, truth, config: asked, onEpoch, yieldNow };
      drawn.push(overlaps(await trainMasks(start, draw, training)));
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
  const { train, val, test } = rows;
  return {
    films: { train: train.length, val: val.length, test: test.length },
    testPatients: new Set(patients).size,
    shares: scored,
    leftOut: [],
    seconds: (performance.now() - started) / 1000,
  };
}
