import { expect, test } from 'vitest';
import type { ScannedTable, TableRole } from '../../protocol/labels.ts';
import { choiceOf, takenFindings, toggled, usedPaths, withFindings, withTable } from './labelDraft.ts';

const table = (path: string, role: TableRole, findings: string[]): ScannedTable => ({
  path,
  format: 'columns',
  error: null,
  rows: 2,
  matched: 2,
  columns: [],
  fileColumn: 'file',
  classColumn: null,
  patientColumn: null,
  splitColumn: null,
  findings,
  furtherFindings: [],
  use: { role, by: 'film', films: 2 },
});
const tables = [
  table('a.csv', 'labels', ['A']),
  table('b.csv', 'joined', ['B']),
  table('c.csv', 'unused', ['A']),
];

test('tables are taken in and left out, beginning with those detected', () => {
  expect(usedPaths({}, tables)).toEqual(['a.csv', 'b.csv']);
  expect(usedPaths({ file: null }, tables)).toEqual([]);
  expect(usedPaths({ file: 'c.csv' }, tables)).toEqual(['c.csv']);
  const without = toggled({}, tables, 'b.csv');
  expect(without).toEqual({ use: ['a.csv'] });
  expect(toggled(without, tables, 'c.csv')).toEqual({ use: ['a.csv', 'c.csv'] });
  expect(toggled({ file: null }, tables, 'c.csv')).toEqual({ use: ['c.csv'] });
});

test('what is said of a table takes it in, and leaves what is said of others', () => {
  const said = withTable({}, tables, 'c.csv', { fileColumn: 'x' });
  expect(said).toEqual({ tables: { 'c.csv': { fileColumn: 'x' } }, use: ['a.csv', 'b.csv', 'c.csv'] });
  const more = withTable(said, tables, 'a.csv', { splitColumn: null });
  expect(choiceOf(more, 'c.csv').fileColumn).toBe('x');
  expect(choiceOf(more, 'a.csv')).toMatchObject({ splitColumn: null });
  expect(withTable(said, tables, 'c.csv', { format: 'classes' }, true).tables).toEqual({
    'c.csv': { format: 'classes' },
  });
});

test('findings are chosen by table', () => {
  expect(takenFindings({}, tables)).toEqual(['A', 'B']);
  expect(withFindings({}, tables, tables[1]!, []).findings).toEqual(['A']);
  expect(withFindings({ findings: ['B'] }, tables, tables[0]!, ['A']).findings).toEqual(['A', 'B']);
});
