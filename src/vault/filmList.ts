// What the films of a run were, for saying later which of them have changed: a line per film with its path and a digest of
// size, part and labels. It names files, so it stays in the run's folder and goes with it; exports leave it out.

import type { FilmTable } from '../protocol/dataset.ts';
import { hashWords } from '../util/rng.ts';
import type { Folder } from './folder.ts';
import { blocksOf } from './records.ts';

export const FILMS_FILE = 'films';

export interface FilmChanges {
  readonly missing: readonly string[];
  readonly added: readonly string[];
  /** Another size, part or label than before. */
  readonly changed: readonly string[];
}

function digestOf(table: FilmTable, film: number): number {
  const findings = table.length > 0 ? table.labels.length / table.length : 0;
  const labels = table.labels.subarray(film * findings, (film + 1) * findings);
  return hashWords(table.widths[film]!, table.heights[film]!, table.splits[film]!, ...labels);
}

function* linesOf(table: FilmTable): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let film = 0; film < table.length; film++) {
    yield encoder.encode(`${JSON.stringify([table.paths[film], digestOf(table, film)])}\n`);
  }
}

/** @throws whatever the storage throws */
export const writeFilmList = (folder: Folder, table: FilmTable): Promise<void> =>
  folder.write(FILMS_FILE, blocksOf(linesOf(table)));

/** How the films at hand differ from those that were listed; null where no list is kept. */
export async function compareFilms(folder: Folder, table: FilmTable): Promise<FilmChanges | null> {
  const bytes = await folder.read(FILMS_FILE);
  if (!bytes) return null;
  const before = new Map<string, number>();
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (!line) continue;
    try {
      const [path, digest] = JSON.parse(line) as [string, number];
      before.set(path, digest);
    } catch {
      return null;
    }
  }
  const added: string[] = [];
  const changed: string[] = [];
  for (let film = 0; film < table.length; film++) {
    const path = table.paths[film]!;
    const digest = before.get(path);
    before.delete(path);
    if (digest === undefined) added.push(path);
    else if (digest !== digestOf(table, film)) changed.push(path);
  }
  return { missing: [...before.keys()], added, changed };
}

/** The changes in words, with a few names. */
export function changesInWords({ missing, added, changed }: FilmChanges): string {
  const part = (paths: readonly string[], word: string) => {
    if (paths.length === 0) return [];
    const shown = paths.slice(0, 3).join(', ') + (paths.length > 3 ? ', …' : '');
    return [`${paths.length} ${word} (${shown})`];
  };
  const parts = [...part(missing, 'missing'), ...part(added, 'new'), ...part(changed, 'changed')];
  return parts.length > 0
    ? parts.join('; ')
    : 'the names are the same, but the content of a file or how films are read has changed';
}
