// What a case of the self-test is: a kernel's inputs, generated when they are wanted, and how near its result must come
// to the plain loops; those loops, run on plain arrays without any backend; seeded numbers to run kernels on, and how far two
// results lie apart. The tests of the kernels share them; no kernel is run here.

import { Rng } from '../../../util/rng.ts';
import { type Kernel, type Plain, type Shape, sizeOf } from '../../kernel.ts';
import type { KERNEL_TABLE, KernelName } from '../table.ts';

export interface Case<In extends string, Attrs extends object> {
  /** Shapes and variant, for a person. */
  readonly detail: string;
  readonly inputs: () => Readonly<Record<In, Given>>;
  readonly attrs: Attrs;
  /** How the distance is measured: relative to the result, or in grey levels of 255. */
  readonly unit?: 'relative' | 'levels';
  /** Default: TOLERANCE, relative. */
  readonly tolerance?: number;
}

/** Single precision over sums of a few hundred terms; checks/parity/tolerances.ts allows the same or more. */
export const TOLERANCE = 1e-5;

export type CaseOf<K> = K extends Kernel<infer In, infer Attrs> ? Case<In, Attrs> : never;

export type TimedOf<K> =
  K extends Kernel<infer In, infer Attrs>
    ? { readonly inputs: Readonly<Record<In, Given>>; readonly attrs: Attrs }
    : never;

export interface Subject<K> {
  readonly cases: readonly [CaseOf<K>, ...CaseOf<K>[]];
  /**
   * Where the kernel has several forms, what they are timed at: a shape in the middle of a ResNet-18, small enough that
   * all kernels together take well under a second on a graphics adapter, and large enough to fill a part of one.
   * `films` of a map: an adapter on the processor is full with one.
   */
  readonly timed?: (films: number) => TimedOf<K>;
}

/** A subject for every kernel there is. */
export type CaseTable = { readonly [N in KernelName]: Subject<(typeof KERNEL_TABLE)[N]> };

export interface Results {
  readonly outputs: readonly ArrayLike<number>[];
  /** Mutated inputs after the call. */
  readonly mutated: Readonly<Record<string, ArrayLike<number>>>;
}

/** What the plain loops make of these inputs, which are left as they are. */
export function referenceOf<In extends string, Attrs extends object>(
  { spec }: Kernel<In, Attrs>,
  inputs: Readonly<Record<In, Given>>,
  attrs: Attrs,
): Results & { readonly saved: readonly Given[] } {
  const plain = {} as Record<In, Plain>;
  const shapes = {} as Record<In, Shape>;
  for (const name of spec.inputs) {
    const { shape, data } = inputs[name];
    plain[name] = { shape, data: data.slice() };
    shapes[name] = shape;
  }
  const saved = spec
    .outputs(shapes, attrs)
    .map((shape) => ({ shape, data: new Float32Array(sizeOf(shape)) }));
  spec.reference(plain, attrs, saved);
  const mutated = Object.fromEntries((spec.mutates ?? []).map((name) => [name, plain[name].data]));
  return { outputs: saved.map(({ data }) => data), mutated, saved };
}

export interface Given {
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array;
}

/** Standard normal values, scaled and shifted, from a fixed seed. */
export function values(shape: Shape, seed: number, scale = 1, offset = 0): Float32Array {
  const rng = new Rng(seed, 'init', 77);
  return Float32Array.from({ length: sizeOf(shape) }, () => offset + scale * rng.normal());
}

export const given = (shape: Shape, seed: number, scale = 1, offset = 0): Given => ({
  shape,
  data: values(shape, seed, scale, offset),
});

const PERIOD = 4099;

/** Normal values that repeat after some thousands: drawing millions would take longer than what is timed. */
export function repeated(shape: Shape, seed: number, scale = 1, offset = 0): Given {
  const data = new Float32Array(sizeOf(shape));
  const drawn = values([Math.min(PERIOD, data.length)], seed, scale, offset);
  for (let at = 0; at < data.length; at += PERIOD) data.set(drawn.subarray(0, data.length - at), at);
  return { shape, data };
}

/** A map after a ReLU: half its places are exactly zero, so maxima tie. */
export function rectified(shape: Shape, seed: number): Given {
  const { data } = given(shape, seed);
  return { shape, data: data.map((value) => Math.max(0, value)) };
}

/** ||a - b|| / ||b||, or ||a|| where b is zero. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  if (a.length !== b.length) throw new Error(`lengths ${a.length} and ${b.length}`);
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return norm > 0 ? Math.sqrt(difference / norm) : Math.sqrt(difference);
}
