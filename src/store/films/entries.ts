// Dropped folders by their entries, the older way in: unlike handles, from which Chrome hides names that some system cannot
// have, entries list every file. So the names that are hidden are taken from here, and the rest by handles, which cost less.
// Neither lists symbolic links.

import type { SourceFile } from '../../protocol/intake.ts';
import { isLitter, isSystemFolder } from '../../util/folders.ts';

/**
 * Names that Chrome may hide from handles (net::IsSafePortablePathComponent and the list of dangerous kinds), and some more: a file
 * that is found both ways is taken once.
 */
const HIDDEN_NAMES: readonly RegExp[] = [
  /[:?*"<>|\\~%/]/,
  /\p{C}|\p{Zl}|\p{Zp}|\uFFFD/u,
  /^[\s.]|[\s.]$/u,
  /^\p{M}/u,
  /^(con|prn|aux|nul|clock\$|conin\$|conout\$|com\S|lpt\S)(\.|$)/i,
  /\.(lnk|url|scf|local|library-ms|desktop|website|webloc|fileloc|inetloc|pif|manifest)$/i,
  /\{[0-9a-f-]{36}\}/i,
];

export const maybeHidden = (name: string): boolean => HIDDEN_NAMES.some((pattern) => pattern.test(name));

export interface Root {
  readonly entry: FileSystemEntry;
  /** Below the whole; empty for the folder that is the whole. */
  readonly path: string;
}

export interface Wanted {
  /** Only what handles may hide: such names, and everything in folders of such names. */
  readonly hiddenOnly: boolean;
  /** Takes the paths of files that cannot be opened. */
  readonly unopened: string[];
}

export async function* filesOf(roots: readonly Root[], wanted: Wanted): AsyncGenerator<SourceFile> {
  for (const { entry, path } of roots) yield* walkEntry(entry, path, wanted);
}

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A directory reader hands out its entries a hundred at a time, until an empty answer. */
async function* entriesOf(entry: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry> {
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    yield* batch;
  }
}

async function* walkEntry(entry: FileSystemEntry, path: string, wanted: Wanted): AsyncGenerator<SourceFile> {
  if (isLitter(entry.name)) return;
  const all = !wanted.hiddenOnly || maybeHidden(entry.name);
  if (entry.isFile) {
    const file = all ? await fileOf(entry as FileSystemFileEntry).catch(() => null) : null;
    if (file) yield { path, file };
    else if (all) wanted.unopened.push(path);
    return;
  }
  if (isSystemFolder(entry.name)) return;
  for await (const child of entriesOf(entry as FileSystemDirectoryEntry)) {
    const place = path ? `${path}/${child.name}` : child.name;
    yield* walkEntry(child, place, all ? { ...wanted, hiddenOnly: false } : wanted);
  }
}
