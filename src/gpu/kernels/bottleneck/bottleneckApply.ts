// The last part of the context bottleneck alone: the attended map from the map and both gates. The backward pass makes
// attended maps again with it instead of keeping them.

import { defineKernel, type InPlace } from '../../kernel.ts';
import { flatGroups } from '../../program.ts';
import { shape4, sizeOf } from '../../shape.ts';
import { vectorLanes } from '../parts/lanes.ts';
import { gatedOutput } from './bottleneckPrograms.ts';

/** x [N,H,W,C], channelGate [N,C], spatialGate [N,H,W] -> out = gs gc x. In place of x. */
export const bottleneckApply = defineKernel<'x' | 'channelGate' | 'spatialGate', InPlace>({
  name: 'MlvBottleneckApply',
  inputs: ['x', 'channelGate', 'spatialGate'],
  outputs: ({ x }) => [x],
  gpu({ inputs, outputs, takeOver, run }, { inPlace = false }) {
    const { x, channelGate, spatialGate } = inputs;
    const [, h, w, c] = shape4(x.shape);
    const lanes = vectorLanes(c);
    const size = sizeOf(x.shape) / lanes;
    const out = inPlace ? takeOver(0, 'x') : outputs[0]!;
    run(
      gatedOutput(lanes, inPlace),
      [...(inPlace ? [] : [x]), channelGate, spatialGate, out],
      [size, h * w, c / lanes],
      flatGroups(size, 64),
    );
  },
  reference({ x, channelGate, spatialGate }, _attrs, [out]) {
    const [, h, w, c] = shape4(x.shape);
    for (let i = 0; i < x.data.length; i++) {
      const pixel = Math.floor(i / c);
      const film = Math.floor(pixel / (h * w));
      out!.data[i] = spatialGate.data[pixel]! * channelGate.data[film * c + (i % c)]! * x.data[i]!;
    }
  },
});
