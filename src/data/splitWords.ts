// Words for training, validation and test, as columns, lists and folders write them. A word that is not known stands for no
// part: its films are in none until a person says which, because what they were held out for cannot be guessed.

import type { Placement, Split } from '../protocol/dataset.ts';

const WORDS: Readonly<Record<Split, string>> = {
  train:
    'train training trn tr trainset trainval traindev entrenamiento entrainement entraînement apprentissage trainingsdaten ' +
    'addestramento treino treinamento 训练 训练集',
  val:
    'val valid validation validate validating dev valset validset tune tuning vali validacion validación validierung ' +
    'validazione validação validacao 验证 验证集',
  test: 'test testing tst testset holdout heldout prueba prova teste tests 测试 测试集',
};
const PARTS: ReadonlyMap<string, Split> = new Map(
  Object.entries(WORDS).flatMap(([part, words]) =>
    words.split(' ').map((word) => [word, part as Split] as const),
  ),
);

/** Words that stand beside a part and change nothing: train_images, val-set, internal_val, stage_2_test_images. */
const BESIDE = new Set(
  (
    'set sets split splits data dataset datasets part fold folder images image imgs img films film dicom dicoms dcm png ' +
    'pngs jpg jpeg jpegs cxr cxrs xray xrays chest radiographs list lists file files labels label stage internal external official final ' +
    'public private hold out held new full small large resized is in for and the of'
  ).split(' '),
);

const tokensOf = (word: string): string[] =>
  word
    .normalize('NFC')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((token) => token !== '');

/** The part a word stands for, or undefined. Words of two parts mean training where one of them is, as in train_val. */
export function splitFromWord(word: string | undefined): Split | undefined {
  const said = word ?? '';
  const whole = PARTS.get(
    said
      .normalize('NFC')
      .toLowerCase()
      .replace(/[^\p{L}]/gu, ''),
  );
  if (whole) return whole;
  const found = new Set<Split>();
  for (const token of tokensOf(said)) {
    const part = PARTS.get(token);
    if (part) found.add(part);
    else if (!BESIDE.has(token)) return undefined;
  }
  if (found.size === 2) return found.has('train') && found.has('val') ? 'train' : undefined;
  return [...found][0];
}

/** The name of a file without folders and endings. */
export const stemOf = (file: string): string =>
  (file.split('/').at(-1) ?? '').replace(/(?:\.(?:csv|tsv|txt|tab|psv|lst|list|gz|zip))+$/i, '');

/** The split that the name of a list says: train_val_list.txt, Xray14_test_official.txt. Other words in it are names. */
export function splitOfList(file: string): Split | undefined {
  const stem = stemOf(file);
  const whole = splitFromWord(stem);
  if (whole) return whole;
  const found = tokensOf(stem).map((token) => PARTS.get(token));
  return found.includes('train') ? 'train' : found.find((part) => part !== undefined);
}

/** What is said about the part of a film. */
export type Said =
  | { readonly part: Placement }
  /** A word that stands for none. */
  | { readonly unknown: string };

/** Reads a word for a part; undefined where there is none. @param chosen what a person said of words, in lower case */
export function saidPart(
  word: string | undefined,
  chosen: Readonly<Record<string, Placement>> = {},
): Said | undefined {
  const text = (word ?? '').trim();
  const key = text.toLowerCase();
  if (Object.hasOwn(chosen, key)) return { part: chosen[key]! };
  const part = splitFromWord(text);
  if (part) return { part };
  return NOTHING.has(key) ? undefined : { unknown: key };
}

const NOTHING = new Set(['', 'na', 'n/a', 'nan', 'none', 'null', '-', '.', '?']);
