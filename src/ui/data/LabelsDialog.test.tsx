// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { type DatasetSummary, filmTable } from '../../protocol/dataset.ts';
import type { LabelChoice, ScannedTable } from '../../protocol/labels.ts';
import { mount } from '../testPage.tsx';
import { LabelFiles } from './LabelFiles.tsx';
import { LabelOptions } from './LabelOptions.tsx';
import { PartWords } from './LabelsDialog.tsx';

const table = (path: string, more: Partial<ScannedTable>): ScannedTable => ({
  path,
  format: 'classes',
  error: null,
  rows: 4,
  matched: 4,
  columns: [{ name: 'file', kind: 'text', matches: 4, uncertain: 0 }],
  fileColumn: 'file',
  classColumn: 'label',
  patientColumn: null,
  splitColumn: null,
  findings: ['Mass', 'Nodule'],
  furtherFindings: [],
  ...more,
});
const tables = [
  table('train.csv', {
    use: { role: 'labels', by: 'film', films: 4 },
    list: { separator: ',', asked: ',', example: 'Mass X, Nodule Y' },
  }),
  table('valid.csv', { use: { role: 'stacked', by: 'film', films: 2 } }),
  table('chexpert.csv', {
    use: { role: 'joined', by: 'study', films: 6, through: 'metadata.csv' },
    findings: ['Edema'],
  }),
  table('second.csv', {
    use: {
      role: 'unused',
      by: 'film',
      films: 4,
      reason: 'train.csv says the same findings of 4 of its 4 films',
    },
  }),
];
const summary = {
  name: 'set',
  images: filmTable([]),
  findings: [],
  scan: { tables, report: null, findings: [], positives: [], films: 6 },
  unknownParts: [{ word: 'eval', films: 3 }],
} as unknown as DatasetSummary;

/** The parts of the dialog that decide, around one draft. */
function Decided({ onDraft }: { onDraft: (draft: LabelChoice) => void }) {
  const [draft, setDraft] = useState<LabelChoice>({});
  const change = (next: LabelChoice) => {
    setDraft(next);
    onDraft(next);
  };
  const common = { draft, locked: false, onDraft: change };
  return (
    <>
      <LabelFiles {...common} summary={summary} table={tables[0]} onTable={() => undefined} />
      <PartWords {...common} summary={summary} />
      <LabelOptions {...common} table={tables[0]!} tables={tables} counts={new Map()} />
    </>
  );
}

test('each table is shown with what it is used for, and can be taken in or left out', () => {
  const drafts: LabelChoice[] = [];
  mount(<Decided onDraft={(draft) => drafts.push(draft)} />);
  const lines = screen.getAllByTestId('label-file').map((line) => line.textContent);
  expect(lines[0]).toContain('4 of 4 rows match. Gives the labels, 4 films.');
  expect(lines[1]).toContain('More rows of the same table, 2 films.');
  expect(lines[2]).toContain('Joined by study or folder through metadata.csv, 6 films.');
  expect(lines[3]).toContain('Not used: train.csv says the same findings of 4 of its 4 films.');
  const tick = (name: string) => screen.getByRole<HTMLInputElement>('checkbox', { name });
  expect(tables.map(({ path }) => tick(path).checked)).toEqual([true, true, true, false]);
  fireEvent.click(tick('second.csv'));
  fireEvent.click(tick('valid.csv'));
  expect(drafts.at(-1)).toEqual({ use: ['train.csv', 'chexpert.csv', 'second.csv'] });
  fireEvent.click(screen.getByRole('button', { name: 'As detected' }));
  expect(drafts.at(-1)).toEqual({});
});

test('words for parts and lists that cannot be known are asked about', () => {
  const drafts: LabelChoice[] = [];
  mount(<Decided onDraft={(draft) => drafts.push(draft)} />);
  expect(screen.getByTestId('part-words').textContent).toContain('eval 3 films');
  fireEvent.click(
    within(screen.getByTestId('part-words')).getByRole('combobox', { name: 'The part eval is' }),
  );
  fireEvent.click(screen.getByRole('option', { name: 'validation', hidden: true }));
  expect(drafts.at(-1)).toEqual({ parts: { eval: 'val' } });
  expect(screen.getByTestId('separator-question').textContent).toContain('“Mass X, Nodule Y” is one class');
  fireEvent.click(screen.getByRole('combobox', { name: 'List parted by' }));
  fireEvent.click(screen.getByRole('option', { name: 'nothing: one class a cell', hidden: true }));
  expect(drafts.at(-1)).toEqual({ parts: { eval: 'val' }, tables: { 'train.csv': { separator: 'none' } } });
  expect(screen.queryByTestId('separator-question')).toBeNull();
});
