// ReLU by itself, for projectors without batch norm, which elsewhere does it on the way.

import { defineKernel } from '../../kernel.ts';
import { flatGroups, program, threadFor } from '../../program.ts';
import { sizeOf } from '../../shape.ts';
import { elementOf, type VectorLanes, vectorLanes, zeroOf } from '../parts/lanes.ts';

/** max(x, 0), any shape. */
export const relu = defineKernel<'x', Record<string, never>>({
  name: 'MlvRelu',
  inputs: ['x'],
  outputs: ({ x }) => [x],
  gpu({ inputs: { x }, outputs, run }) {
    const size = sizeOf(x.shape);
    const lanes = vectorLanes(size);
    run(rectify(lanes), [x, outputs[0]!], [size / lanes], flatGroups(size / lanes, 64));
  },
  reference({ x }, _attrs, [y]) {
    for (let i = 0; i < x.data.length; i++) y!.data[i] = Math.max(x.data[i]!, 0);
  },
});

/** Gradient of relu from its result: dy where y is above zero. */
export const reluGrad = defineKernel<'y' | 'dy', Record<string, never>>({
  name: 'MlvReluGrad',
  inputs: ['y', 'dy'],
  outputs: ({ y }) => [y],
  gpu({ inputs: { y, dy }, outputs, run }) {
    const size = sizeOf(y.shape);
    const lanes = vectorLanes(size);
    run(mask(lanes), [y, dy, outputs[0]!], [size / lanes], flatGroups(size / lanes, 64));
  },
  reference({ y, dy }, _attrs, [dx]) {
    for (let i = 0; i < y.data.length; i++) dx!.data[i] = y.data[i]! > 0 ? dy.data[i]! : 0;
  },
});

const rectify = (lanes: VectorLanes) =>
  program({
    name: `relu${lanes}`,
    reads: { x: elementOf(lanes) },
    writes: { y: elementOf(lanes) },
    params: { size: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.size')}
  y[index] = max(x[index], ${zeroOf(lanes)});`,
  });

const mask = (lanes: VectorLanes) =>
  program({
    name: `reluGrad${lanes}`,
    reads: { y: elementOf(lanes), dy: elementOf(lanes) },
    writes: { dx: elementOf(lanes) },
    params: { size: 'u32' },
    workgroup: [64],
    body: `${threadFor(64, 'p.size')}
  let zero = ${zeroOf(lanes)};
  dx[index] = select(zero, dy[index], y[index] > zero);`,
  });
