// Segmentation fixtures: the loss of masks with its two terms and its gradient, through the kernels that training uses, and Dice
// and IoU of each film and over films.

import { tf } from '../../gpu/kernel.ts';
import { MASK_LOSS_TERMS, maskLoss, maskLossGrad } from '../../gpu/kernels/masks/maskLoss.ts';
import { diceOf, iouOf, meanOverFilms, overlapOf, THRESHOLD } from '../../tasks/segmentation/overlap.ts';
import type { MaskScoreName } from '../../tasks/segmentation/record.ts';
import type { Fixture } from './fixtures.ts';
import type { Rows } from './rows.ts';

interface SegmentationFixture {
  readonly config: { readonly N: number; readonly H: number; readonly W: number };
  readonly values_f64: Readonly<Record<string, number>>;
}

/** Recorded names of the terms and means, each under ours. */
const TERMS = { total: 'loss', bce: 'crossEntropy', dice_loss: 'dice' } as const;
const MEANS = { mean_dice: 'dice', mean_iou: 'iou', mean_dice_positive: 'dicePositive' } as const;

export async function checkSegmentation(fixture: Fixture, rows: Rows): Promise<void> {
  const { config, values_f64 } = fixture.describe<SegmentationFixture>('config', 'values_f64');
  const { N, H, W } = config;
  const [logits, truth] = [fixture.floats('logits'), fixture.bytes('truth')];
  const { terms, gradient } = await lossOf(logits, truth, [N, H, W]);
  for (const [recorded, name] of Object.entries(TERMS)) {
    rows.value('objectiveValue', recorded, terms[MASK_LOSS_TERMS[name]]!, values_f64[recorded]!);
  }
  rows.compare('objectiveGradient', 'grad_logits', gradient, fixture.numbers('grad_logits'));

  const pixels = H * W;
  const overlaps = Array.from({ length: N }, (_, film) =>
    overlapOf((at) => logits[film * pixels + at]! > THRESHOLD, truth, pixels, film * pixels),
  );
  rows.compare('metric', 'dice', overlaps.map(diceOf), fixture.numbers('dice'));
  rows.compare('metric', 'iou', overlaps.map(iouOf), fixture.numbers('iou'));
  for (const [recorded, name] of Object.entries(MEANS) as [string, MaskScoreName][]) {
    const { value } = meanOverFilms(name, [overlaps], [...overlaps.keys()], 0);
    rows.value('metric', recorded, value ?? Number.NaN, values_f64[recorded]!);
  }
}

async function lossOf(logits: Float32Array, truth: Uint8Array, shape: number[]) {
  const inputs = { logits: tf.tensor(logits, shape), truth: tf.tensor(Float32Array.from(truth), shape) };
  const { terms, sums } = maskLoss.named(inputs, {});
  const gradient = maskLossGrad.one({ ...inputs, sums }, {});
  const [found, slope] = await Promise.all([terms.data(), gradient.data()]);
  tf.dispose([...Object.values(inputs), terms, sums, gradient]);
  return { terms: found, gradient: slope };
}
