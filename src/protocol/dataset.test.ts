// The table of films gives back the rows that it was made of, and is itself a handful of flat lists.

import { expect, test } from 'vitest';
import { filmAt, filmsAsRows, filmTable, type ImageRow } from './dataset.ts';

const row = (film: number, note?: string): ImageRow => ({
  path: `a/${film}.png`,
  patient: `p${Math.floor(film / 2)}`,
  split: (['train', 'val', 'test', 'out'] as const)[film % 4]!,
  format: (['png', 'jpeg', 'dicom', 'synthetic'] as const)[film % 4]!,
  width: 70_000 + film,
  height: 3 + film,
  labels: Uint8Array.of(film % 2, 255),
  ...(note && { note }),
  ...(film % 5 === 3 && { flags: 0b101 }),
});

test('rows survive the table, and the table survives being sent', () => {
  const rows = Array.from({ length: 9 }, (_, film) =>
    row(film, film === 4 ? 'first of 3 frames' : undefined),
  );
  const table = structuredClone(filmTable(rows));
  expect(filmsAsRows(table)).toEqual(rows);
  expect(filmAt(table, 4).note).toBe('first of 3 frames');
  expect(table.patientNames).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
});

test('a table of nothing is empty, and films without findings have no labels', () => {
  expect(filmsAsRows(filmTable([]))).toEqual([]);
  const bare = { ...row(0), labels: new Uint8Array(0) };
  expect(filmsAsRows(filmTable([bare, bare]))).toEqual([bare, bare]);
});
