// What is stored in each of many files, for comparison with other readers: every file through the decode workers, its
// facts or its refusal as a row. Keeps nothing but the rows on their way out.

import type { ListedFile } from '../../data/sources.ts';
import type { StoredFacts, StoredReading, StoredRow } from '../../protocol/film.ts';
import type { SourceFile } from '../../protocol/intake.ts';
import { AppError, toWire, type WireError } from '../../util/errors.ts';
import { listFiles, openArchives, withoutMasks } from './listing.ts';

/** What the decode pool offers; tests put their own here. */
export interface StoredReader {
  readonly size: number;
  stored(source: SourceFile): Promise<StoredFacts>;
  dispose(): void;
}

/** A promise is waited for. */
export type TakeRows = (rows: readonly StoredRow[]) => unknown;

/** Files handed to the pool at a time. */
const UNDER_WAY = 64;
const SEND_EVERY_MS = 100;

const NO_FACTS = {
  transferSyntax: null,
  rows: null,
  cols: null,
  min: null,
  max: null,
  mean: null,
  sha256: null,
} as const;

const opening = async (listed: ListedFile): Promise<SourceFile> => ({
  path: listed.path,
  file: await listed.open(),
});

function refusal(file: string, { code, message }: WireError): StoredRow {
  return { file, ok: false, ...NO_FACTS, code, reason: message };
}

/** @throws AppError worker-failed when the workers do not start */
export async function readStored(
  files: readonly SourceFile[],
  reader: StoredReader,
  onRows: TakeRows,
): Promise<StoredReading> {
  const startedAt = performance.now();
  const listing = withoutMasks(listFiles(files));
  const opened = await openArchives(listing.files);
  let rows = listing.refused.map(({ path, error }) => refusal(path, error));
  let sentAt = startedAt;
  // Rows and the answer to the call go different ways, so the answer waits until every row has come.
  const taken: unknown[] = [];
  const send = () => {
    if (rows.length > 0) taken.push(onRows(rows));
    rows = [];
    sentAt = performance.now();
  };
  const read = async (source: ListedFile): Promise<StoredRow> => {
    const refused = opened.refused.get(source.path);
    if (refused !== undefined) return refusal(source.path, toWire(refused));
    try {
      return {
        file: source.path,
        ok: true,
        ...(await reader.stored(await opening(source))),
        code: null,
        reason: null,
      };
    } catch (error) {
      if (error instanceof AppError && error.code === 'worker-failed') throw error;
      return refusal(source.path, toWire(error));
    }
  };
  const waiting = opened.files.values();
  const work = async () => {
    for (const source of waiting) {
      const row = await read(source);
      rows.push(row);
      if (performance.now() - sentAt > SEND_EVERY_MS) send();
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, work));
  send();
  const seconds = (performance.now() - startedAt) / 1000;
  await Promise.all(taken);
  return { workers: reader.size, seconds };
}
