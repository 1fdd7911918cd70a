// From what the user hands over (a picked folder, an input, a drop) to a flat list of files with paths.
// Names are listed here, lazily and in slices, so that a folder of 100,000 films does not freeze the page; no
// file is opened. Hidden files and system leftovers are passed over in silence, all others are kept.

import type { SourceFile } from '../protocol/intake.ts';
import { AppError } from '../util/errors.ts';

declare global {
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  }
  interface Window {
    showDirectoryPicker?(options?: { id?: string; mode?: 'read' }): Promise<FileSystemDirectoryHandle>;
  }
}

/** Called now and then with the number of files found so far. */
export type Listing = (found: number) => void;

const SLICE = 500;

const isClutter = (name: string) => name.startsWith('.') || name === 'Thumbs.db' || name === '__MACOSX';

/** Lets the page draw and react between slices. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve));

class Collector {
  readonly files: SourceFile[] = [];
  readonly #onListing: Listing;
  readonly #signal: AbortSignal;

  constructor(onListing: Listing, signal: AbortSignal) {
    this.#onListing = onListing;
    this.#signal = signal;
  }

  async add(path: string, file: File): Promise<void> {
    if (this.#signal.aborted) throw new AppError('cancelled');
    this.files.push({ path, file });
    if (this.files.length % SLICE === 0) {
      this.#onListing(this.files.length);
      await breathe();
    }
  }

  finish(): SourceFile[] {
    this.#onListing(this.files.length);
    return this.files;
  }
}

async function walkHandle(handle: FileSystemHandle, path: string, into: Collector): Promise<void> {
  if (isClutter(handle.name)) return;
  if (handle.kind === 'file') {
    await into.add(path, await (handle as FileSystemFileHandle).getFile());
    return;
  }
  for await (const child of (handle as FileSystemDirectoryHandle).values()) {
    await walkHandle(child, path ? `${path}/${child.name}` : child.name, into);
  }
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

async function walkEntry(entry: FileSystemEntry, path: string, into: Collector): Promise<void> {
  if (isClutter(entry.name)) return;
  if (entry.isFile) {
    await into.add(path, await fileOf(entry as FileSystemFileEntry));
    return;
  }
  for await (const child of entriesOf(entry as FileSystemDirectoryEntry)) {
    await walkEntry(child, path ? `${path}/${child.name}` : child.name, into);
  }
}

/** All files below a picked folder, with paths relative to it. @throws AppError cancelled */
export async function listFolder(
  folder: FileSystemDirectoryHandle,
  onListing: Listing,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  const into = new Collector(onListing, signal);
  for await (const child of folder.values()) await walkHandle(child, child.name, into);
  return into.finish();
}

/** The files of an input; those of a folder input lose the folder's own name. */
export async function listInput(
  list: readonly File[],
  onListing: Listing,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  const into = new Collector(onListing, signal);
  for (const file of list) {
    const below = file.webkitRelativePath.split('/').slice(1);
    if (!isClutter(file.name) && !below.some(isClutter)) await into.add(below.join('/') || file.name, file);
  }
  return into.finish();
}

/** What was dropped, taken out of the event while it is still alive. */
export interface Dropped {
  readonly name: string;
  list(onListing: Listing, signal: AbortSignal): Promise<SourceFile[]>;
}

/** Must be called during the drop event: its items are gone afterwards. Null when no file was dropped. */
export function takeDrop(transfer: DataTransfer): Dropped | null {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const handles = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null) ?? null);
  const files = [...transfer.files];
  if (files.length === 0 && entries.length === 0) return null;
  const [first] = entries;
  const single = entries.length === 1 && first?.isDirectory;
  return {
    name: single ? first.name : `${Math.max(files.length, entries.length)} dropped items`,
    async list(onListing, signal) {
      const into = new Collector(onListing, signal);
      const answers = await Promise.all(handles);
      const opened = answers.filter((answer) => answer instanceof FileSystemHandle);
      if (opened.length === items.length) {
        for (const handle of opened) await walkHandle(handle, single ? '' : handle.name, into);
      } else if (entries.length > 0) {
        for (const entry of entries) await walkEntry(entry, single ? '' : entry.name, into);
      } else {
        for (const file of files) await into.add(file.name, file);
      }
      return into.finish();
    },
  };
}
