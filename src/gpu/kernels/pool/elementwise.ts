// The plain operations that the network still needs beside the fused kernels: the sum of two gradients that meet at a tensor,
// the mean over a map, and ReLU by itself, for projectors without batch norm, which elsewhere does it on the way.

import { defineKernel, type InPlace, shape4, sizeOf } from '../../kernel.ts';
import { flatGroups, flatIndex, program, threadFor } from '../../program.ts';
import { elementOf, type VectorLanes, vectorLanes, zeroOf } from '../parts/lanes.ts';

/** a + b, any shape. In place of a where the caller gives it away. */
export const add = defineKernel<'a' | 'b', InPlace>({
  name: 'MlvAdd',
  inputs: ['a', 'b'],
  outputs: ({ a }) => [a],
  gpu({ inputs, outputs, takeOver, run }, { inPlace }) {
    const size = sizeOf(inputs.a.shape);
    const lanes = vectorLanes(size);
    const tensors = inPlace ? [inputs.b, takeOver(0, 'a')] : [inputs.a, inputs.b, outputs[0]!];
    run((inPlace ? sumInto : sum)(lanes), tensors, [size / lanes], flatGroups(size / lanes, 64));
  },
  reference({ a, b }, _attrs, [out]) {
    for (let i = 0; i < a.data.length; i++) out!.data[i] = a.data[i]! + b.data[i]!;
  },
});

/** Mean over height and width: [N,H,W,C] to [N,C]. */
export const spatialMean = defineKernel<'x', Record<string, never>>({
  name: 'MlvSpatialMean',
  inputs: ['x'],
  outputs: ({ x }) => [[x[0]!, x[3]!]],
  gpu({ inputs, outputs, run }) {
    const [n, h, w, c] = shape4(inputs.x.shape);
    const lanes = vectorLanes(c);
    run(
      mean(lanes),
      [inputs.x, outputs[0]!],
      [(n * c) / lanes, h * w, c / lanes],
      flatGroups((n * c) / lanes, 16),
    );
  },
  reference({ x }, _attrs, [out]) {
    const [n, h, w, c] = shape4(x.shape);
    for (let i = 0; i < n * c; i++) {
      let total = 0;
      for (let q = 0; q < h * w; q++) total += x.data[(Math.floor(i / c) * h * w + q) * c + (i % c)]!;
      out!.data[i] = total / (h * w);
    }
  },
});

/** Backward of spatialMean: dy / (H W) at every position. */
export const spatialMeanGrad = defineKernel<'dy', { height: number; width: number }>({
  name: 'MlvSpatialMeanGrad',
  inputs: ['dy'],
  outputs: ({ dy }, { height, width }) => [[dy[0]!, height, width, dy[1]!]],
  gpu({ inputs, outputs, run }, { height, width }) {
    const [n, c] = inputs.dy.shape as [number, number];
    const lanes = vectorLanes(c);
    const size = (n * height * width * c) / lanes;
    run(spread(lanes), [inputs.dy, outputs[0]!], [size, height * width, c / lanes], flatGroups(size, 64));
  },
  reference({ dy }, { height, width }, [dx]) {
    const c = dy.shape[1]!;
    for (let i = 0; i < dx!.data.length; i++) {
      dx!.data[i] = dy.data[Math.floor(i / (c * height * width)) * c + (i % c)]! / (height * width);
    }
  },
});

const sum = (lanes: VectorLanes) =>
  program({
    name: `add${lanes}`,
    reads: { a: elementOf(lanes), b: elementOf(lanes) },
    writes: { out: elementOf(lanes) },
    params: { size: 'u32' },
    workgroup: [64],
    body: `${flatIndex(64)} if (index < p.size) { out[index] = a[index] + b[index]; }`,
  });

const sumInto = (lanes: VectorLanes) =>
  program({
    name: `addInto${lanes}`,
    reads: { b: elementOf(lanes) },
    writes: { a: elementOf(lanes) },
    params: { size: 'u32' },
    workgroup: [64],
    body: `${flatIndex(64)} if (index < p.size) { a[index] = a[index] + b[index]; }`,
  });

const mean = (lanes: VectorLanes) =>
  program({
    name: `spatialMean${lanes}`,
    reads: { x: elementOf(lanes) },
    writes: { out: elementOf(lanes) },
    params: { size: 'u32', pixels: 'u32', columns: 'u32' },
    workgroup: [16],
    body: `
  ${threadFor(16, 'p.size')}
  let base = index / p.columns * p.pixels * p.columns + index % p.columns;
  var total = ${zeroOf(lanes)};
  for (var q = 0u; q < p.pixels; q++) { total += x[base + q * p.columns]; }
  out[index] = total / f32(p.pixels);`,
  });

const spread = (lanes: VectorLanes) =>
  program({
    name: `spatialMeanGrad${lanes}`,
    reads: { dy: elementOf(lanes) },
    writes: { dx: elementOf(lanes) },
    params: { size: 'u32', pixels: 'u32', columns: 'u32' },
    workgroup: [64],
    body: `
  ${threadFor(64, 'p.size')}
  dx[index] = dy[index / (p.columns * p.pixels) * p.columns + index % p.columns] / f32(p.pixels);`,
  });

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
