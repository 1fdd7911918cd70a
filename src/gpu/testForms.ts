// The sets of forms that tests walk through: in each, every kernel takes the form at the same place of its own list, so
// that all sets together have every form of every kernel, those of later kernels included. Not part of the product.

import { chooseForms, type Form, type Forms } from './forms.ts';
import { KERNELS } from './kernel.ts';

export interface FormSet {
  /** The forms in it, as `narrow + workgroup`. */
  readonly name: string;
  /** By registered names. */
  readonly choice: ReadonlyMap<string, Form>;
  /** Whether most kernels take a form here that they take in no set before. */
  readonly fresh: boolean;
}

/** Kernels must be defined by then: import the table of kernels first. */
export function formSets(): FormSet[] {
  const formed = [...KERNELS.values()].flatMap(({ name, forms }) =>
    forms ? [{ name, all: forms.all }] : [],
  );
  const counts = formed.map(({ all }) => all.length);
  return Array.from({ length: Math.max(...counts) }, (_, place) => {
    const choice = new Map(formed.map(({ name, all }) => [name, all[Math.min(place, all.length - 1)]!]));
    const fresh = counts.filter((count) => count > place).length > counts.length / 2;
    return { name: [...new Set(choice.values())].join(' + '), choice, fresh };
  });
}

function formsBy(name: string, form: (forms: Forms) => Form): FormSet {
  const formed = [...KERNELS.values()].flatMap(({ name, forms }) =>
    forms ? [[name, form(forms)] as const] : [],
  );
  return { name, choice: new Map(formed), fresh: true };
}

/** What a graphics card takes without a measurement. */
export const hardwareForms = (): FormSet => formsBy('forms of a card', ({ hardware }) => hardware);

/** What the processor takes where a step is little work: programs that compile fast. */
export const littleForms = (): FormSet =>
  formsBy('forms of little work', (forms) => (forms.little ?? forms.software)[0]!);

/** Runs `body` under a set, on whatever adapter the test has; one that lacks a form takes what it takes anyway. */
export async function withForms<T>({ choice }: FormSet, body: () => T | Promise<T>): Promise<T> {
  chooseForms(choice);
  try {
    return await body();
  } finally {
    chooseForms(new Map());
  }
}
