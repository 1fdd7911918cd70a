// The moving average by which the target network of BYOL and MoCo follows the trained one, over as many numbers as the target
// has: target += share * (online - target), which is (1 - share) target + share online and leaves equal numbers as they are.
// `share` comes in a tensor because it changes from step to step.

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { sizeOf } from '../../shape.ts';
import { elementOf, type VectorLanes, vectorLanes } from '../parts/lanes.ts';

/** target, any shape; online, as many numbers or more, whose rest is not read; share [1]. Mutates target. */
export const movingAverage = defineKernel<'target' | 'online' | 'share', Record<string, never>>({
  name: 'MlvMovingAverage',
  inputs: ['target', 'online', 'share'],
  mutates: ['target'],
  outputs: () => [],
  gpu({ inputs: { target, online, share }, run }) {
    const size = sizeOf(target.shape);
    const fours = vectorLanes(size) === 4 && vectorLanes(sizeOf(online.shape)) === 4;
    const lanes = fours ? 4 : 1;
    run(average[lanes], [online, share, target], [size / lanes], flatGroups(size / lanes, 64));
  },
  reference({ target, online, share }) {
    for (let i = 0; i < target.data.length; i++) {
      target.data[i] = target.data[i]! + share.data[0]! * (online.data[i]! - target.data[i]!);
    }
  },
});

const averageOf = (lanes: VectorLanes) =>
  program({
    name: `movingAverage${lanes}`,
    reads: { online: elementOf(lanes), share: 'f32' },
    writes: { follower: elementOf(lanes) },
    params: { size: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.size')}
  let before = follower[index];
  follower[index] = before + share[0] * (online[index] - before);`,
  });

const average = { 1: averageOf(1), 4: averageOf(4) } as const;
