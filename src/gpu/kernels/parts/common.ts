// Small pieces that several kernels share: sizes, lane widths and WGSL snippets. No kernel is defined here.

import type { Element } from '../../program.ts';

export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Lanes of a vector along channels: 4 where the channel count allows it, else 1. */
export type Lanes = 1 | 4;
export const lanesFor = (channels: number): Lanes => (channels % 4 === 0 ? 4 : 1);

/** The WGSL element for a lane width. */
export const elementOf = (lanes: Lanes): Element => (lanes === 4 ? 'vec4<f32>' : 'f32');

/** `max(x, 0)` of the element's own type. */
export const zeroOf = (lanes: Lanes) => (lanes === 4 ? 'vec4<f32>(0.0)' : '0.0');

/** The sum of an element's lanes, as f32. */
export const sumOf = (lanes: Lanes, value: string) => (lanes === 4 ? `dot(${value}, vec4<f32>(1.0))` : value);

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
