import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { QUALITY, QUALITY_FLAGS } from './arrangement.ts';
import { LABEL_FORMAT_IDS, labelFormat } from './labels.ts';

const rows = readFileSync('docs/data.md', 'utf8').split('\n');

test('the formats in docs/data.md are those of the table, in its order', () => {
  const expected = LABEL_FORMAT_IDS.map((id) => {
    const { name, from, sign, gives } = labelFormat(id);
    return `| ${[name, from, sign.replaceAll('|', '\\|'), gives.join(', ')].join(' | ')} |`;
  });
  const first = rows.indexOf(expected[0]!);
  expect(first).toBeGreaterThan(0);
  expect(rows.slice(first, first + expected.length)).toEqual(expected);
});

test('docs/data.md explains every flag of quality', () => {
  const named = QUALITY_FLAGS.map(
    (flag) => rows.filter((row) => row.startsWith(`| ${QUALITY[flag].name} |`)).length,
  );
  expect(named).toEqual(QUALITY_FLAGS.map(() => 1));
});
