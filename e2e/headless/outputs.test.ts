import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type DatasetSummary, filmTable, type SkippedFile } from '../../src/protocol/dataset.ts';
import { metricNames } from '../../src/protocol/metrics.ts';
import { AppError, toWire } from '../../src/util/errors.ts';
import { dataReport, MetricsFile } from './outputs.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

test('metrics.jsonl holds a line per step under the names of the table', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'metrics-'));
  const file = new MetricsFile(folder, METRIC_NAMES);
  file.append([{ step: 0, activeSeconds: 0.5, values: METRIC_NAMES.map((_, i) => (i === 1 ? null : i)) }]);
  file.append([{ step: 1, activeSeconds: 1, values: [] }]);
  await file.close();
  const lines = (await readFile(path.join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  await rm(folder, { recursive: true });

  const [first, second] = lines.map((line) => JSON.parse(line));
  expect(lines.length).toBe(file.lines);
  expect(Object.keys(first)).toEqual(['step', 'activeSeconds', ...METRIC_NAMES]);
  expect(first[METRIC_NAMES[1]!]).toBeNull();
  expect(first[METRIC_NAMES[2]!]).toBe(2);
  expect(second['loss/total']).toBeNull();
});

test('a report counts what was skipped and names no file, folder or patient', () => {
  const skip = (path: string, code: 'format-unknown' | 'dicom-no-pixels'): SkippedFile => ({
    path,
    error: toWire(new AppError(code)),
  });
  const summary: DatasetSummary = {
    name: 'SecretFolder',
    synthetic: false,
    filmTable: filmTable([
      {
        path: 'secret.png',
        patient: 'SecretPatient',
        split: 'train',
        format: 'png',
        width: 1,
        height: 1,
        labels: new Uint8Array(0),
      },
    ]),
    findings: [],
    counts: [],
    patients: { train: 1, val: 0, test: 0 },
    films: { train: 1, val: 0, test: 0 },
    leftOut: 0,
    splitRule: 'column "split" of secret.csv',
    labels: {
      file: 'secret.csv',
      format: 'NIH finding labels',
      rows: 3,
      matchedRows: 1,
      rowsWithoutFile: 2,
      filesWithoutRow: 0,
      duplicateRows: 0,
      conflictingRows: 0,
      ambiguousRows: 0,
      notes: ['column "sex" is about the person', 'secret.csv matches too, but was not used.'],
      examples: [{ problem: 'no-film', file: 'secret.csv', row: 2, name: 'secret2.png' }],
    },
    skipped: [
      skip('secret1', 'dicom-no-pixels'),
      skip('secret2', 'format-unknown'),
      skip('s3', 'format-unknown'),
    ],
    fingerprint: 'abc',
    seconds: 1,
  };
  const report = dataReport(summary);
  expect(report.skipped.map(({ code, files }) => [code, files])).toEqual([
    ['format-unknown', 2],
    ['dicom-no-pixels', 1],
  ]);
  expect(report.labels).toMatchObject({ rows: 3, matchedRows: 1 });
  expect(report.labels?.notes).toEqual(['column "sex" is about the person']);
  expect(JSON.stringify(report)).not.toMatch(/secret/i);
});
