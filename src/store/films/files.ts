// From what the user hands over (a picked folder, an input, a drop) to a source of files. Handles go to the intake worker,
// which walks them; files that are here already are handed over in slices, and let go where they are many, so that a folder
// of 100,000 films neither freezes the page nor stays in it. No file is opened here. From handles Chrome hides names that some
// system cannot have; a dropped folder's entries, the older way in, list every file, so those names are taken from there.
// Neither lists symbolic links.

import type { SourceFile, SourceHandle } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { isLitter, isSystemFolder } from '../../util/folders.ts';
import type { Source } from './dataset.ts';

declare global {
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  }
  interface Window {
    showDirectoryPicker?(options?: { id?: string; mode?: 'read' }): Promise<FileSystemDirectoryHandle>;
  }
}

/** Files in one message to the worker. */
const SLICE = 500;
/** A source of more files lets go of them once they are handed over, and cannot be read again after a restart. */
const REMEMBERED = 2000;

/** A picked folder. */
export const folderSource = (handle: FileSystemDirectoryHandle): Source => ({
  kind: 'files',
  name: handle.name,
  handles: async () => [{ path: '', handle }],
});

/** The files of an input; those of a folder input lose the folder's own name. */
export function inputSource(files: File[]): Source {
  const folder = files[0]?.webkitRelativePath.split('/')[0];
  const name = folder || (files.length === 1 ? 'one file' : `${files.length} files`);
  const pathOf = (file: File) => file.webkitRelativePath.split('/').slice(1).join('/') || file.name;
  const wanted = files.filter((file) => ![file.name, ...pathOf(file).split('/')].some(isLitter));
  return { kind: 'files', name, slices: slicesOf(wanted, pathOf) };
}

function slicesOf(files: readonly File[], pathOf: (file: File) => string): () => Generator<SourceFile[]> {
  let rest: File[] | null = [...files];
  const few = rest.length <= REMEMBERED;
  return function* slices() {
    if (!rest) throw new AppError('source-gone', 'the page let go of them to save memory.');
    const given = few ? [...rest] : rest;
    if (!few) rest = null;
    while (given.length > 0) yield given.splice(0, SLICE).map((file) => ({ path: pathOf(file), file }));
  };
}

async function* inSlices(files: AsyncIterable<SourceFile>): AsyncGenerator<SourceFile[]> {
  let slice: SourceFile[] = [];
  for await (const file of files) {
    slice.push(file);
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}

/** What was dropped, taken out of the event while it is still alive: its items are gone afterwards. Null for no file. */
export function dropSource(transfer: DataTransfer): Source | null {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const asked = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null) ?? null);
  const files = [...transfer.files];
  if (files.length === 0 && entries.length === 0) return null;
  const [first] = entries;
  const single = entries.length === 1 && first?.isDirectory;
  const roots = entries.map((entry) => ({ entry, path: single ? '' : entry.name }));
  async function handles(): Promise<SourceHandle[] | null> {
    const opened = (await Promise.all(asked)).filter((handle) => handle instanceof FileSystemHandle);
    if (opened.length === 0 || opened.length < items.length) return null;
    return opened.map((handle) => ({ path: single ? '' : handle.name, handle }));
  }
  return {
    kind: 'files',
    name: single ? first.name : `${Math.max(files.length, entries.length)} dropped items`,
    handles,
    hidden: (unopened) => inSlices(filesOf(roots, { hiddenOnly: true, unopened })),
    slices:
      entries.length > 0
        ? () => inSlices(filesOf(roots, { hiddenOnly: false, unopened: [] }))
        : slicesOf(files, ({ name }) => name),
  };
}

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
