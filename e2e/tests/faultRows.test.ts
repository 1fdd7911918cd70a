// The table in docs/reliability.md is the table of the tests.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULT_ROWS, faultTable } from './faultRows.ts';

test('docs/reliability.md holds the rows of the fault matrix, and nothing else', () => {
  const text = readFileSync('docs/reliability.md', 'utf8');
  expect(text).toContain(`${faultTable()}\n`);
  expect(text.match(/^\| \d+ \|/gm)).toHaveLength(FAULT_ROWS.length);
  expect(FAULT_ROWS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(FAULT_ROWS.map(({ fault }) => fault)).size).toBe(FAULT_ROWS.length);
});
