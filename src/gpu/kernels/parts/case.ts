// What a case of the self-test is: a kernel's inputs, generated when they are wanted, and how near its result must come
// to the plain loops. And those loops, run on plain arrays without any backend.

import type { Kernel, Plain, Shape } from '../../kernel.ts';
import { sizeOf } from '../../shape.ts';
import type { KERNEL_TABLE, KernelName } from '../table.ts';
import type { Given } from './samples.ts';

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
