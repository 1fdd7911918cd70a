// The forms of a kernel: different programs for the same result, one of which suits an adapter. The choice is a state
// of the program, made before a run is prepared and the same for all shapes; without a choice it follows from the kind
// of adapter alone. Forms round differently, so a run repeats to the last bit only under the same choice.

/**
 * wide: large register tiles, few threads. narrow: small register tiles, many threads. shared: tiles in workgroup
 * memory. threads: one thread a sum. workgroup: a workgroup a sum. subgroup: the same, first within subgroups.
 */
export type Form = 'wide' | 'narrow' | 'shared' | 'threads' | 'workgroup' | 'subgroup';

export interface Forms {
  readonly all: readonly Form[];
  /** What is taken without a measurement: adapters on the processor dislike barriers and like registers. */
  readonly software: Form;
  /** The same where a step is little work: there, compiling a large tile takes longer than it ever saves. */
  readonly little?: Form;
  readonly hardware: Form;
}

export const TILE_FORMS: Forms = {
  all: ['wide', 'narrow', 'shared'],
  software: 'wide',
  little: 'narrow',
  hardware: 'narrow',
};
export const SUM_FORMS: Forms = {
  all: ['threads', 'workgroup', 'subgroup'],
  software: 'threads',
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

/** The forms that an adapter can run. */
export const formsHere = (forms: Forms, { device }: Adapter): readonly Form[] =>
  forms.all.filter((form) => form !== 'subgroup' || device.features.has('subgroups'));

/** The form that a kernel takes; a choice that the adapter cannot run is none. */
export function formFor(name: string, forms: Forms, adapter: Adapter): Form {
  const form = chosen.get(name);
  if (form && formsHere(forms, adapter).includes(form)) return form;
  if (!adapter.software) return forms.hardware;
  return (adapter.little && forms.little) || forms.software;
}

/**
 * Whether a step of such a run is so little work that small tiles are the better choice on the processor. On two cores the
 * programs of a step take 13 s of processor time to compile instead of 28 s, and a step of `smoke`, half of this bound,
 * 0.37 s instead of 0.31 s; at `demo`, nine times `smoke`, a step would take two thirds longer.
 */
export const isLittle = (run: { width: number; imageSize: number; batchSize: number }): boolean =>
  run.width ** 2 * run.imageSize ** 2 * run.batchSize <= 2 ** 20;
