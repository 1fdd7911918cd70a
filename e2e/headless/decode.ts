// `decode`: what is stored in every file below a folder, read by the decode workers of the app in the browser, to hold
// beside what other readers find; or, with a label file, how its rows and the files fit. No GPU is needed.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { StoredReading, StoredRow } from '../../src/protocol/film.ts';
import {
  arrangementOf,
  DATA_OPTIONS,
  existingFile,
  existingFolder,
  readOptions,
  UsageError,
} from './arguments.ts';
import { withPage } from './browser.ts';
import type { Command } from './commands.ts';
import { giveFolder } from './giveFolder.ts';
import { LABEL_FILE_OPTIONS } from './labelArguments.ts';
import { printMatchReport } from './matchReport.ts';
import { Progress } from './progress.ts';

const { labels, uncertain, blank, readers, split, overlap } = DATA_OPTIONS;
const OPTIONS = {
  json: { type: 'string' },
  match: { type: 'boolean', default: false },
  labels,
  uncertain,
  blank,
  readers,
  split,
  overlap,
  ...LABEL_FILE_OPTIONS,
} as const;

function readArguments([folder, ...rest]: readonly string[]) {
  if (!folder || folder.startsWith('--')) throw new UsageError('decode needs a folder.');
  const { json, match, labels: tables, ...choices } = readOptions(rest, OPTIONS);
  return {
    folder: existingFolder(folder, 'folder'),
    json: json === undefined ? null : path.resolve(json),
    labels: tables.length > 0 || match ? tables.map((file) => existingFile(file, 'labels')) : null,
    arrangement: arrangementOf(choices),
  };
}

const number = (value: number | null) => (Number.isInteger(value) ? String(value) : (value ?? 0).toFixed(6));

/** Bytes from a file are shown without control characters, which a terminal would obey. */
const plain = (text: string | null) => (text ?? '').replace(/\p{Cc}/gu, '?');

export function storedLine(row: StoredRow): string {
  const { file, ok, transferSyntax, rows, cols, min, max, mean, sha256, code, reason } = row;
  if (!ok) return `refused  ${plain(file)}  ${code}: ${plain(reason)}`;
  const values = `min ${min} max ${max} mean ${number(mean)}`;
  return `decoded  ${plain(file)}  ${transferSyntax}  ${rows} x ${cols}  ${values}  ${sha256}`;
}

export function throughputLine(rows: readonly StoredRow[], { workers, seconds }: StoredReading): string {
  const decoded = rows.filter(({ ok }) => ok);
  const pixels = decoded.reduce((sum, row) => sum + row.rows! * row.cols!, 0);
  const rate = (count: number) => (count / Math.max(seconds, 1e-3)).toFixed(1);
  return (
    `${decoded.length} of ${rows.length} files decoded, ${rows.length - decoded.length} refused, in ` +
    `${seconds.toFixed(2)} s with ${workers} workers: ${rate(rows.length)} files/s, ` +
    `${rate(pixels / 1e6)} million pixels/s of first frames`
  );
}

const byFile = (a: StoredRow, b: StoredRow) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);

export const decode: Command = {
  usage: 'decode DIR [--json FILE] [--labels FILE … | --match]',
  summary:
    'Prints what is stored in every file below DIR, or why it is refused; or how label files fit: those named, or with --match those of DIR.',
  async run(argv) {
    const { folder, json, labels: labelFiles, arrangement } = readArguments(argv);
    const progress = new Progress();
    const rows: StoredRow[] = [];
    const reading = await withPage(
      (event) => {
        if (event.type !== 'stored') return;
        rows.push(...event.rows);
        progress.update('Decoding', `${rows.length} files`);
      },
      async (session) => {
        if (labelFiles) return printMatchReport(session, folder, labelFiles, arrangement).then(() => null);
        await giveFolder(session, folder);
        return session.call('decode');
      },
    ).finally(() => progress.end());
    if (!reading) return;
    rows.sort(byFile);
    for (const row of rows) console.log(storedLine(row));
    if (json) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
    console.log(throughputLine(rows, reading));
  },
};
