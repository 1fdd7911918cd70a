// What the run library knows of a run beside its record: name, pin, colour, scores, and whether it is in the bin. A file of
// its own in the run's folder, so that the engine's writing and the page's never meet. Read as strictly as a run file.

import { type Evaluation, readEvaluations } from '../tasks/records.ts';
import {
  boolean,
  count,
  fallback,
  type InferOutput,
  object,
  parsePlain,
  read,
  text,
} from '../util/schema.ts';
import type { Folder } from './folder.ts';

const FILE = 'library';

const flag = fallback(boolean(), false);

const ENTRY = object({
  name: text(200),
  pinned: flag,
  /** Place in the theme's row of run colours. */
  colour: count,
  /** Deleted, but can be brought back until the page is opened again or another run is deleted. */
  binned: flag,
});

export interface LibraryEntry extends InferOutput<typeof ENTRY> {
  /** Newest last. */
  readonly evaluations: readonly Evaluation[];
}

/** Null where there is none, or none that can be understood: the run is then listed by what its record says. */
export async function readLibraryEntry(folder: Folder): Promise<LibraryEntry | null> {
  const bytes = await folder.read(FILE);
  if (!bytes) return null;
  try {
    const given = parsePlain(bytes);
    return { ...read(ENTRY, given, 'the entry'), evaluations: readEvaluations(given) };
  } catch {
    return null;
  }
}

/** @throws whatever the storage throws */
export const writeLibraryEntry = (folder: Folder, entry: LibraryEntry): Promise<void> =>
  folder.write(FILE, [new TextEncoder().encode(JSON.stringify(entry))]);

/** Whether the engine has begun to keep this run; a folder without a record is none. */
export const hasRecord = async (folder: Folder): Promise<boolean> =>
  [...(await folder.sizes()).keys()].some((name) => name.startsWith('record-'));
