// All texts of lessons, glossary and first page, by language. English says which texts there are; a language that lacks one does
// not compile, and words.test.ts finds what is empty, untranslated or points nowhere.

import { GLOSSARY_EN } from './en/glossary.ts';
import { LESSONS_EN } from './en/lessons.ts';
import { PAGE_EN } from './en/page.ts';
import type { Language } from './languages.ts';
import { GLOSSARY_ZH } from './zh/glossary.ts';
import { LESSONS_ZH } from './zh/lessons.ts';
import { PAGE_ZH } from './zh/page.ts';

/** The same shape with any text. */
type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translated<T[K]> };

export type LessonWords = Translated<typeof LESSONS_EN>;
export type LessonId = keyof LessonWords;
export type GlossaryWords = Translated<typeof GLOSSARY_EN>;
export type EntryId = keyof GlossaryWords;
export type PageWords = Translated<typeof PAGE_EN>;

export interface Words {
  readonly page: PageWords;
  readonly lessons: LessonWords;
  readonly glossary: GlossaryWords;
}

export const WORDS: Readonly<Record<Language, Words>> = {
  en: { page: PAGE_EN, lessons: LESSONS_EN, glossary: GLOSSARY_EN },
  zh: { page: PAGE_ZH, lessons: LESSONS_ZH, glossary: GLOSSARY_ZH },
};

export interface StepWords {
  readonly title: string;
  readonly text: string;
  readonly todo: string;
}

/** The words of one lesson as those read them who treat all alike. */
export const lessonWords = (
  words: Words,
  lesson: LessonId,
): { readonly title: string; readonly about: string; readonly steps: Readonly<Record<string, StepWords>> } =>
  words.lessons[lesson];

export const isEntry = (id: string): id is EntryId => Object.hasOwn(GLOSSARY_EN, id);

/** `filled('step {step}', { step: 3 })` */
export const filled = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

export type Piece = string | { readonly entry: EntryId; readonly shown: string };

/** A text with its `[[id]]` and `[[id|words]]`; an id alone is shown as the entry is called. */
export function piecesOf(text: string, glossary: GlossaryWords): Piece[] {
  return text.split(/(\[\[[^\]]+\]\])/).flatMap((part): Piece[] => {
    const [, id = '', shown] = /^\[\[([^|\]]+)(?:\|([^\]]+))?\]\]$/.exec(part) ?? [];
    if (isEntry(id)) return [{ entry: id, shown: shown ?? glossary[id].name }];
    return part === '' ? [] : [part];
  });
}
