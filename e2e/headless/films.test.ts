import { expect, test } from 'vitest';
import type { RunnerSummary } from '../../src/headless.ts';
import { describeFilms } from './films.ts';

const summary = {
  films: { train: 6, val: 0, test: 3 },
  patients: { train: 6, val: 0, test: 3 },
  findings: ['Mass'],
  skipped: [],
  seconds: 1.25,
  splitRule: 'As given by column "split" of l.csv. 3 film(s) are left out.',
  labels: { notes: ['2 cells are not understood\u001b in "Mass": "2".'] },
  unknownParts: [{ word: 'eval', films: 3 }],
} as unknown as RunnerSummary;

test('the terminal is told the parts, what is asked and what was not used', () => {
  expect(describeFilms(summary).split('\n')).toEqual([
    '9 films (6 train, 0 val, 3 test) of 9 patients, 1 findings; 1.3 s',
    'Parts: As given by column "split" of l.csv. 3 film(s) are left out.',
    'Say which part a word means with --part WORD=train|val|test|out.',
    'Note: 2 cells are not understood? in "Mass": "2".',
  ]);
  const { unknownParts: _, labels: __, ...plain } = summary;
  expect(describeFilms(plain as RunnerSummary).split('\n')).toHaveLength(2);
});
