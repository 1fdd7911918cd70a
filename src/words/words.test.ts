// Texts in two languages: none is empty, none was left in the other language, each has the places to be filled that the English
// one has, every word in brackets is an entry, and every formula of the program's tables was set.

import { describe, expect, it } from 'vitest';
import { allFormulas } from '../../e2e/tools/formulas.mjs';
import { MEASURES } from '../diagnostics/measures.ts';
import { STATISTICS } from '../methods/record/statistics.ts';
import { METHODS } from '../methods/records.ts';
import { ENTRY_IDS, GLOSSARY } from '../store/lessons/glossary.ts';
import { LESSON_IDS, stepsOf } from '../store/lessons/table.ts';
import FORMULAS from './formulas.json' with { type: 'json' };
import { LANGUAGE_NAMES, preferredLanguage } from './languages.ts';
import { filled, lessonWords, piecesOf, WORDS } from './words.ts';

/** Every text by its path. */
function textsOf(words: object, at = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[at + key, value]] : textsOf(value as object, `${at}${key}.`),
  );
}

const ENGLISH = new Map(textsOf(WORDS.en));
/** Names that are the same in every language. */
const PROPER = /^(VICReg|MLVICX|SimSiam|RankMe|AUROC|Opacity)$/;
const marks = (text: string) => [...text.matchAll(/\{\w+\}|\[\[[\w-]+/g)].map(([mark]) => mark).sort();

describe.each(LANGUAGE_NAMES)('texts in %s', (language) => {
  const texts = textsOf(WORDS[language]);

  it('are all there', () => {
    expect(texts.map(([path]) => path).sort()).toEqual([...ENGLISH.keys()].sort());
    expect(texts.filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have the places to be filled, and the words in brackets, of the English ones', () => {
    const other = texts.filter(([path, text]) => `${marks(text)}` !== `${marks(ENGLISH.get(path)!)}`);
    expect(other).toEqual([]);
  });

  it('are in that language', () => {
    const foreign = texts.filter(([, text]) => {
      const han = /\p{Script=Han}/u.test(text);
      return !PROPER.test(text) && han !== (language === 'zh');
    });
    expect(foreign).toEqual([]);
  });

  it('say something of every step of every lesson, and of nothing else', () => {
    for (const id of LESSON_IDS) {
      const { steps } = lessonWords(WORDS[language], id);
      expect(Object.keys(steps)).toEqual(stepsOf(id).map((step) => step.id));
    }
  });

  it('open entries of the glossary that there are', () => {
    const { glossary } = WORDS[language];
    const left = texts.filter(([, text]) =>
      piecesOf(text, glossary).some((piece) => typeof piece === 'string' && piece.includes('[[')),
    );
    expect(left).toEqual([]);
  });
});

it('a text is filled, and cut into pieces', () => {
  expect(filled('step {step} of {steps}', { step: 3, steps: 9 })).toBe('step 3 of 9');
  const pieces = piecesOf('a [[view|views]] b [[auroc]]', WORDS.en.glossary);
  expect(pieces).toEqual([
    'a ',
    { entry: 'view', shown: 'views' },
    ' b ',
    { entry: 'auroc', shown: 'AUROC' },
  ]);
});

it('the first language that there are texts in is taken', () => {
  expect(preferredLanguage([null, 'de-DE', 'zh-TW', 'en'])).toBe('zh');
  expect(preferredLanguage(['fr'])).toBe('en');
});

describe('formulas', () => {
  it('were set as they are written now', () => {
    expect(FORMULAS).toEqual(allFormulas());
  });

  it('of every table are among them', () => {
    const quantities = [
      ...Object.values(METHODS).flatMap(({ total, terms }) => [total, ...Object.values(terms)]),
      ...Object.values(STATISTICS),
      ...Object.values(MEASURES),
    ];
    const wanted = quantities.map(({ formula }) => formula);
    const entries = ENTRY_IDS.flatMap((id) => GLOSSARY[id].formula ?? []);
    expect([...wanted, ...entries].filter((text) => !Object.hasOwn(FORMULAS, text))).toEqual([]);
  });
});
