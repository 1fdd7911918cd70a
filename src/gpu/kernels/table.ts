// Every kernel by name, with its type. Whatever must know all of them (the self-test) is held to this table by the
// compiler; a test makes sure that none is missing from it.

import { barlow, barlowGrad } from './barlow/barlow.ts';
import { bottleneck, bottleneckApply } from './bottleneck/bottleneck.ts';
import { bottleneckGrad } from './bottleneck/bottleneckGrad.ts';
import { contrastive, contrastiveGrad } from './contrastive/contrastive.ts';
import { cosine, cosineGrad } from './contrastive/cosine.ts';
import { enqueue, queueContrast, queueContrastGrad } from './contrastive/queue.ts';
import { rowNormalise, rowNormaliseGrad } from './contrastive/rowNormalise.ts';
import { conv2d, conv2dFilterGrad, conv2dInputGrad } from './conv/conv2d.ts';
import { crossEntropy, crossEntropyGrad } from './crossEntropy/crossEntropy.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from './dense/dense.ts';
import { fromHalf, toHalf } from './half/half.ts';
import { KERNEL_LABELS, type KernelName } from './labels.ts';
import { vicreg, vicregGrad } from './loss/vicreg.ts';
import { maskLoss, maskLossGrad } from './masks/maskLoss.ts';
import { channelPart, concatChannels, upsample, upsampleGrad } from './masks/upsample.ts';
import { batchNorm, batchNormApply, batchNormEval } from './norm/batchNorm.ts';
import { batchNormGrad } from './norm/batchNormGrad.ts';
import { adamwUpdate, larsUpdate, movingAverage } from './optimiser/optimiser.ts';
import { matchPlaces } from './places/matchPlaces.ts';
import { placeVicreg, placeVicregGrad } from './places/placeVicreg.ts';
import { add, relu, reluGrad, spatialMean, spatialMeanGrad } from './pool/elementwise.ts';
import { levelPool, levelPoolGrad } from './pool/levelPool.ts';
import { maxPool, maxPoolGrad } from './pool/maxPool.ts';
import { renderViews, resizeEval } from './views/views.ts';

export const KERNEL_TABLE = {
  conv2d,
  conv2dInputGrad,
  conv2dFilterGrad,
  batchNorm,
  batchNormEval,
  batchNormApply,
  batchNormGrad,
  maxPool,
  maxPoolGrad,
  bottleneck,
  bottleneckApply,
  bottleneckGrad,
  spatialMean,
  spatialMeanGrad,
  add,
  relu,
  reluGrad,
  levelPool,
  levelPoolGrad,
  dense,
  denseInputGrad,
  denseFilterGrad,
  columnSums,
  toHalf,
  fromHalf,
  vicreg,
  vicregGrad,
  barlow,
  barlowGrad,
  rowNormalise,
  rowNormaliseGrad,
  contrastive,
  contrastiveGrad,
  crossEntropy,
  crossEntropyGrad,
  upsample,
  upsampleGrad,
  concatChannels,
  channelPart,
  maskLoss,
  maskLossGrad,
  matchPlaces,
  placeVicreg,
  placeVicregGrad,
  cosine,
  cosineGrad,
  queueContrast,
  queueContrastGrad,
  enqueue,
  larsUpdate,
  adamwUpdate,
  movingAverage,
  renderViews,
  resizeEval,
} satisfies Readonly<Record<KernelName, unknown>>;

/** What asked for a buffer, in words: a kernel by its registered name, or what is in words already. */
export function kernelInWords(owner: string): string {
  const names = Object.keys(KERNEL_TABLE) as KernelName[];
  const kernel = names.find((name) => KERNEL_TABLE[name].spec.name === owner);
  return kernel ? `the kernel "${KERNEL_LABELS[kernel]}"` : owner;
}

export type { KernelName };
