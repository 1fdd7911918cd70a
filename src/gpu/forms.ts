// What runs for a kernel: which of its forms, different programs for the same result, or a composition of stock TensorFlow.js
// operations in its place, so that a driver that fails on one of our programs can be found by trying. The choice is a state of the
// program, made before a run is prepared and the same for all shapes; without one the form follows from the kind of adapter alone.
// Forms round differently, so a run repeats to the last bit only under the same choice. The compositions are in the kernels' folders.

import type { PlainData, Tensor } from './backend.ts';

/**
 * wide: large register tiles, few threads. exchanged: the same, quads of threads exchanging what they load. narrow: small register
 * tiles, many threads. shared: tiles in workgroup memory. looped: nothing unrolled, so one short program does for every size.
 * winograd: fewer products by Winograd's transforms, in large register tiles; winogradShared: the same through workgroup memory;
 * both where a convolution allows. threads: one thread a sum. workgroup: a workgroup a sum. subgroup: the same, first within
 * subgroups.
 */
export type Form =
  | 'wide'
  | 'exchanged'
  | 'narrow'
  | 'shared'
  | 'looped'
  | 'winograd'
  | 'winogradShared'
  | 'threads'
  | 'workgroup'
  | 'subgroup';

export interface Forms {
  readonly all: readonly Form[];
  /**
   * What is taken without a measurement, the first that the adapter can run: adapters on the processor dislike barriers and like
   * registers. The last is one that every adapter can run.
   */
  readonly software: readonly [...Form[], Form];
  /** The same where a step is little work: there, compiling a large tile takes longer than it ever saves. */
  readonly little?: readonly [...Form[], Form];
  readonly hardware: Form;
}

export const TILE_FORMS: Forms = {
  all: ['wide', 'exchanged', 'narrow', 'shared'],
  software: ['exchanged', 'wide'],
  little: ['narrow'],
  hardware: 'narrow',
};
export const FILTER_FORMS: Forms = { ...TILE_FORMS, little: ['exchanged', 'narrow'] };
export const CONV_FORMS: Forms = {
  ...TILE_FORMS,
  all: [...TILE_FORMS.all, 'looped', 'winograd', 'winogradShared'],
  little: ['looped'],
};
/** Whether the forms are tiles of a product, whose work is counted. */
export const isTiled = (forms: Forms): boolean => [TILE_FORMS, FILTER_FORMS, CONV_FORMS].includes(forms);
export const SUM_FORMS: Forms = {
  all: ['threads', 'workgroup', 'subgroup'],
  software: ['threads'],
  hardware: 'workgroup',
};

interface Adapter {
  readonly software: boolean;
  /** A step of the run at hand is little work; see isLittle. */
  readonly little?: boolean;
  readonly device: Pick<GPUDevice, 'features'>;
}

let chosen: ReadonlyMap<string, Form> = new Map();

/** Takes the place of all earlier choices; kernels by their registered names. */
export function chooseForms(choices: ReadonlyMap<string, Form>): void {
  chosen = choices;
}

const IN_SUBGROUPS: readonly Form[] = ['exchanged', 'subgroup'];

/** The forms that an adapter can run. */
export const formsHere = (forms: Forms, { device }: Adapter): readonly Form[] =>
  forms.all.filter((form) => !IN_SUBGROUPS.includes(form) || device.features.has('subgroups'));

/** The form that a kernel takes; a choice that the adapter cannot run is none. */
export function formFor(name: string, forms: Forms, adapter: Adapter): Form {
  const here = formsHere(forms, adapter);
  const form = chosen.get(name);
  if (form && here.includes(form)) return form;
  if (!adapter.software) return forms.hardware;
  const liked = (adapter.little && forms.little) || forms.software;
  return liked.find((one) => here.includes(one)) ?? liked[0]!;
}

/**
 * Whether a step of such a run is so little work that programs which compile fast are the better choice on the processor
 * (docs/performance.md, Start). `smoke` is half of this bound; at `demo`, nine times `smoke`, a run would lose more by its steps.
 */
export const isLittle = (run: { width: number; imageSize: number; batchSize: number }): boolean =>
  run.width ** 2 * run.imageSize ** 2 * run.batchSize <= 2 ** 20;

/** What a composition may do beside calling operations. */
export interface StockTools<In extends string> {
  /** Overwrites an input that the kernel mutates, from number `begin` on. */
  put(name: In, values: Tensor, begin?: number): void;
  /**
   * An input's values on the host, as keepOnHost was given them: what a composition cannot ask the GPU without waiting,
   * and whole numbers beyond 2^24, which stock operations round. @throws Error where nobody kept them
   */
  host(name: In): PlainData;
}

export interface Stock<In extends string, Attrs extends object> {
  /** What runs instead, in the names of TensorFlow.js. */
  readonly instead: string;
  /** Makes the kernel's outputs; whatever else it makes is freed by the caller. */
  run(inputs: Readonly<Record<In, Tensor>>, attrs: Attrs, tools: StockTools<In>): Tensor[];
}

const onHost = new WeakMap<object, PlainData>();

/** Remembers, without a copy, what a tensor was written from. */
export function keepOnHost(tensor: Tensor, values: PlainData): void {
  onHost.set(tensor.dataId, values);
}

/** @throws Error */
export function hostValues(tensor: Tensor): PlainData {
  const values = onHost.get(tensor.dataId);
  if (!values) throw new Error('the values of this tensor were not kept on the host');
  return values;
}

const replaced = new Map<string, Stock<string, object>>();

/** The composition that runs instead of a kernel, by its registered name. */
export const replacementOf = (name: string): Stock<string, object> | undefined => replaced.get(name);

/** Takes the place of all earlier replacements. */
export function replaceKernels(replacements: ReadonlyMap<string, Stock<string, object>>): void {
  replaced.clear();
  for (const [name, stock] of replacements) replaced.set(name, stock);
}
