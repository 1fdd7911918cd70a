import { expect, test } from 'vitest';
import type { LabelScan } from '../../src/protocol/labels.ts';
import { matchReportLines } from './matchReport.ts';

test('every kind of problem is counted, with its first examples', () => {
  const scan: LabelScan = {
    tables: [
      {
        path: 'labels.csv',
        format: 'nih-labels',
        error: null,
        rows: 9,
        matched: 5,
        columns: [],
        fileColumn: 'Image Index',
        classColumn: null,
        patientColumn: null,
        splitColumn: null,
        findings: ['Mass'],
        furtherFindings: [],
      },
    ],
    report: {
      file: 'labels.csv',
      format: 'NIH finding labels',
      rows: 9,
      matchedRows: 5,
      rowsWithoutFile: 3,
      filesWithoutRow: 2,
      duplicateRows: 1,
      conflictingRows: 1,
      ambiguousRows: 1,
      examples: [{ problem: 'no-film', file: 'labels.csv', row: 7, name: 'gone\u001b.png' }],
      notes: ['A note.'],
    },
    findings: ['Mass'],
    positives: [4],
    films: 8,
  };
  const lines = matchReportLines(scan);
  expect(lines).toEqual([
    'labels.csv: NIH finding labels (ChestX-ray14, Data_Entry_2017(_v2020).csv); 9 rows, 5 match; film named by "Image Index"',
    'Used: labels.csv as NIH finding labels',
    '5 of 9 rows matched, 8 files that may be films',
    '3 rows without a film',
    '    row 7: gone?.png',
    '2 films without a row',
    '1 row that fits several films',
    '1 repeated row',
    '1 row that contradicts another',
    '      4 Mass',
    'Note: A note.',
  ]);
});

test('each table is told with its use, files left out with their reason, and words for parts are asked about', () => {
  const table = {
    format: 'columns',
    error: null,
    rows: 3,
    matched: 3,
    columns: [],
    fileColumn: 'study_id',
    classColumn: null,
    patientColumn: 'subject_id',
    splitColumn: null,
    findings: ['Mass'],
    furtherFindings: [],
  } as const;
  const error = { code: 'film-twice', message: 'The film is there twice.', hint: '' } as const;
  const lines = matchReportLines({
    tables: [
      { ...table, path: 'a.csv', use: { role: 'joined', by: 'study', films: 4, through: 'b.csv' } },
      {
        ...table,
        path: 'c.csv',
        use: { role: 'unused', by: 'film', films: 0, reason: 'none of its rows names a film' },
      },
    ],
    report: null,
    findings: [],
    positives: [],
    films: 4,
    leftOut: [{ path: 'copy/x.png', error }],
  });
  expect(lines[0]).toContain(
    'film named by "study_id", patient "subject_id"; joined by study or folder through b.csv, 4 films',
  );
  expect(lines[1]).toContain('not used: none of its rows names a film');
  expect(lines[2]).toBe('1 left out, e.g. copy/x.png: The film is there twice.');
});
