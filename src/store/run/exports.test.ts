import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EXPORT_NAMES, EXPORTS } from './exports.ts';

it('is the table of docs/export.md, row for row', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../../docs/export.md'), 'utf8');
  const rows = [...text.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \|[^|]*\|$/gm)].slice(1);
  const wanted = EXPORT_NAMES.map((name) => [EXPORTS[name].label, EXPORTS[name].ending.trim()]);
  expect(rows.map(([, label, file]) => [label, file!.replaceAll('`', '')])).toEqual(wanted);
});
