// The last part of batchNorm alone: y from x and statistics that are already known. The backward pass makes normalised
// maps again with it instead of keeping them, and touches no running statistics.

import { defineKernel, type InPlace } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { sizeOf } from '../../shape.ts';
import { vectorLanes } from '../parts/lanes.ts';
import { normalise } from './batchNorm.ts';

export interface BatchNormApplyAttrs extends InPlace {
  readonly relu: boolean;
  /** When false, `residual` is bound but not read. */
  readonly residual: boolean;
}

/** stats [groups, 2, C] as batchNorm made them; y = relu?((x - mean) rstd gamma + beta [+ residual]). In place of x. */
export const batchNormApply = defineKernel<
  'x' | 'stats' | 'gamma' | 'beta' | 'residual',
  BatchNormApplyAttrs
>({
  name: 'MlvBatchNormApply',
  inputs: ['x', 'stats', 'gamma', 'beta', 'residual'],
  outputs: ({ x }) => [x],
  gpu({ inputs, outputs, takeOver, run }, { relu, residual: added, inPlace = false }) {
    const { x, stats, gamma, beta, residual } = inputs;
    const channels = gamma.shape[0]!;
    const lanes = vectorLanes(channels);
    const size = sizeOf(x.shape) / lanes;
    const columns = channels / lanes;
    const y = inPlace ? takeOver(0, 'x') : outputs[0]!;
    run(
      normalise(lanes, relu, added, inPlace),
      [...(inPlace ? [] : [x]), stats, gamma, beta, residual, y],
      [size / columns / stats.shape[0]!, columns, size],
      flatGroups(size, 64),
    );
  },
  reference({ x, stats, gamma, beta, residual }, { relu, residual: added }, [y]) {
    const channels = gamma.shape[0]!;
    const perGroup = x.data.length / stats.shape[0]!;
    for (let i = 0; i < x.data.length; i++) {
      const [c, g] = [i % channels, Math.floor(i / perGroup)];
      const [mean, rstd] = [stats.data[g * 2 * channels + c]!, stats.data[(g * 2 + 1) * channels + c]!];
      const value = (x.data[i]! - mean) * rstd * gamma.data[c]! + beta.data[c]!;
      const shifted = value + (added ? residual.data[i]! : 0);
      y!.data[i] = relu ? Math.max(shifted, 0) : shifted;
    }
  },
});
