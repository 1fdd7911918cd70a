// Every kernel by name, with its type. Whatever must know all of them (the self-test) is held to this table by the
// compiler; a test makes sure that none is missing from it.

import { batchNorm, batchNormEval } from './batchNorm.ts';
import { batchNormApply } from './batchNormApply.ts';
import { batchNormGrad } from './batchNormGrad.ts';
import { bottleneck } from './bottleneck.ts';
import { bottleneckApply } from './bottleneckApply.ts';
import { bottleneckGrad } from './bottleneckGrad.ts';
import { conv2d } from './conv2d.ts';
import { conv2dFilterGrad } from './conv2dFilterGrad.ts';
import { conv2dInputGrad } from './conv2dInputGrad.ts';
import { columnSums, dense, denseFilterGrad, denseInputGrad } from './dense.ts';
import { add, spatialMean, spatialMeanGrad } from './elementwise.ts';
import { levelPool, levelPoolGrad } from './levelPool.ts';
import { maxPool, maxPoolGrad } from './maxPool.ts';
import { adamwUpdate, larsUpdate } from './optimiser.ts';
import { vicreg, vicregGrad } from './vicreg.ts';
import { renderViews, resizeEval } from './views.ts';

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
  levelPool,
  levelPoolGrad,
  dense,
  denseInputGrad,
  denseFilterGrad,
  columnSums,
  vicreg,
  vicregGrad,
  larsUpdate,
  adamwUpdate,
  renderViews,
  resizeEval,
};

export type KernelName = keyof typeof KERNEL_TABLE;
