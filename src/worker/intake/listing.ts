// From what the user handed over to a list of files: a walk over directory handles, or the files themselves. Only names,
// sizes and times are kept; a file of a folder is opened again when its turn comes. Hidden files are passed over; folders
// that a system made, and masks beside films, are listed as left out. Files that hold many films are opened into films before
// anything else is done; one that cannot be opened stays in the list and is refused when its turn comes.

import { type MaskOfFilm, masksAmong, pairMasks } from '../../data/masks.ts';
import { isArchivePath, openNpz } from '../../data/raster/npz.ts';
import type { ListedFile } from '../../data/sources.ts';
import type { SkippedFile } from '../../protocol/dataset.ts';
import type { SourceFile, SourceHandle } from '../../protocol/intake.ts';
import { AppError, type ErrorCode, toWire } from '../../util/errors.ts';
import { type FolderCount, isLitter, isSystemFolder, liesIn, systemFolderOf } from '../../util/folders.ts';
import type { Decoder } from './films.ts';

export interface Listing {
  readonly files: readonly ListedFile[];
  /** Entries that the system refused to describe, and what is no film by its place. */
  readonly refused: readonly SkippedFile[];
}

/** A picture that marks a finding on a film; the finding is empty where the folder's name does not say. */
export interface MaskFile {
  readonly file: ListedFile;
  readonly finding: string;
}
/** By path of the film. */
export type MaskFiles = ReadonlyMap<string, readonly MaskFile[]>;

/** Masks are read from pictures without loss. */
const PNG = /\.png$/i;
/** Folders within folders beyond this are a mistake or a trap. */
const MAX_DEPTH = 64;
/** Files of one folder asked about at a time. */
const AT_ONCE = 32;
const REPORT_MS = 100;

const leftOut = (path: string, code: ErrorCode, detail: string): SkippedFile => ({
  path,
  error: toWire(new AppError(code, detail)),
});

const ofSystem = (folder: string): SkippedFile =>
  leftOut(
    folder,
    'not-a-film',
    `a system keeps thumbnails or deleted files in folders like ${nameOf(folder)}.`,
  );

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

export function listFiles(files: readonly SourceFile[]): Listing {
  const folders = new Set<string>();
  const own = files.filter(({ path }) => {
    if (path.split('/').some(isLitter)) return false;
    const folder = systemFolderOf(path);
    if (folder !== null) folders.add(folder);
    return folder === null;
  });
  return {
    files: own.map(({ path, file }) => ({
      path,
      size: file.size,
      modified: file.lastModified,
      open: async () => file,
    })),
    refused: [...folders].map(ofSystem),
  };
}

/**
 * The same without masks that lie beside films, with the films they lie on and the folders they lie in.
 * @param keepFolders whose pictures are films whatever they are called; as util/folders.ts has them
 */
export function withoutMasks(
  { files, refused }: Listing,
  keepFolders: readonly string[] = [],
): Listing & { readonly maskFolders: readonly FolderCount[]; readonly maskFiles: MaskFiles } {
  const masks = [...masksAmong(files.map(({ path }) => path))].filter(([path]) => !liesIn(path, keepFolders));
  const isMask = new Set(masks.map(([path]) => path));
  const counts = new Map<string, number>();
  for (const [, { folder }] of masks) if (folder !== null) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  const said = masks.map(([path, { why }]) => leftOut(path, 'not-a-film', `${why}.`));
  const others = files.filter(({ path }) => !isMask.has(path));
  return {
    files: others,
    maskFiles: filesOnFilms(
      masks.length > 0 ? files : [],
      pairMasks(
        new Map(masks),
        others.map(({ path }) => path),
      ),
    ),
    refused: [...refused, ...said],
    maskFolders: [...counts].map(([folder, films]) => ({ folder, films, places: 1 })),
  };
}

function filesOnFilms(files: readonly ListedFile[], pairs: readonly MaskOfFilm[]): MaskFiles {
  const fileOf = new Map(files.map((file) => [file.path, file]));
  const found = new Map<string, MaskFile[]>();
  for (const { path, film, finding } of pairs) {
    const file = fileOf.get(path);
    if (file && PNG.test(path)) found.set(film, [...(found.get(film) ?? []), { file, finding }]);
  }
  return found;
}

/** What a walk found and what the browser hides from one, each file once. @param unopened paths that the page could not open */
export function together(walked: Listing, besides: Listing | null, unopened: readonly string[]): Listing {
  if (!besides && unopened.length === 0) return walked;
  const known = new Set([...walked.files, ...walked.refused].map(({ path }) => path));
  const isNew = ({ path }: { path: string }) => !known.has(path);
  const hidden = unopened.map((path) =>
    leftOut(path, 'file-unreadable', 'the browser does not open a file of this name.'),
  );
  return {
    files: [...walked.files, ...(besides?.files ?? []).filter(isNew)],
    refused: [...walked.refused, ...[...(besides?.refused ?? []), ...hidden].filter(isNew)],
  };
}

/** @throws AppError cancelled, through the signal */
export async function walk(
  handles: readonly SourceHandle[],
  signal: AbortSignal,
  onListing: (listed: number) => void,
): Promise<Listing> {
  const found = new Found(signal, onListing);
  for (const { path, handle } of handles) {
    if (handle.kind === 'directory') await walkFolder(handle as FileSystemDirectoryHandle, path, 0, found);
    else await found.add([{ path, handle: handle as FileSystemFileHandle, folder: null }]);
  }
  found.finish();
  return found;
}

interface Entry {
  readonly path: string;
  readonly handle: FileSystemFileHandle;
  /** Null: the handle itself is kept. */
  readonly folder: FileSystemDirectoryHandle | null;
}

async function walkFolder(
  folder: FileSystemDirectoryHandle,
  path: string,
  depth: number,
  found: Found,
): Promise<void> {
  if (depth > MAX_DEPTH) return found.refuse(path, `folders are nested more than ${MAX_DEPTH} deep.`);
  const below: FileSystemDirectoryHandle[] = [];
  let batch: Entry[] = [];
  try {
    for await (const handle of folder.values()) {
      const { name } = handle;
      if (isLitter(name)) continue;
      const place = path ? `${path}/${name}` : name;
      if (handle.kind === 'directory' && isSystemFolder(name)) found.refused.push(ofSystem(place));
      else if (handle.kind === 'directory') below.push(handle as FileSystemDirectoryHandle);
      else batch.push({ path: place, handle: handle as FileSystemFileHandle, folder });
      if (batch.length < AT_ONCE) continue;
      await found.add(batch);
      batch = [];
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    found.refuse(path || folder.name, 'the system refused to list this folder.');
  }
  await found.add(batch);
  for (const child of below) {
    await walkFolder(child, path ? `${path}/${child.name}` : child.name, depth + 1, found);
  }
}

/** A file below a folder, of which only the name is kept. */
class FolderFile implements ListedFile {
  constructor(
    readonly path: string,
    readonly size: number,
    readonly modified: number,
    readonly source: FileSystemDirectoryHandle | FileSystemFileHandle,
  ) {}

  async open(): Promise<File> {
    try {
      if (this.source.kind === 'file') return await (this.source as FileSystemFileHandle).getFile();
      const name = this.path.slice(this.path.lastIndexOf('/') + 1);
      return await (await (this.source as FileSystemDirectoryHandle).getFileHandle(name)).getFile();
    } catch (cause) {
      throw new AppError('file-unreadable', 'it was moved or removed, or the system refused to open it.', {
        cause,
      });
    }
  }
}

class Found implements Listing {
  readonly files: ListedFile[] = [];
  readonly refused: SkippedFile[] = [];
  readonly #signal: AbortSignal;
  readonly #onListing: (listed: number) => void;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(signal: AbortSignal, onListing: (listed: number) => void) {
    this.#signal = signal;
    this.#onListing = onListing;
  }

  async add(entries: readonly Entry[]): Promise<void> {
    this.#signal.throwIfAborted();
    const described = await Promise.all(entries.map(({ handle }) => handle.getFile().catch(() => null)));
    entries.forEach(({ path, handle, folder }, i) => {
      const file = described[i];
      if (file) this.files.push(new FolderFile(path, file.size, file.lastModified, folder ?? handle));
      else this.refuse(path, 'the system refused to open it.');
    });
    this.#signal.throwIfAborted();
    if (performance.now() - this.#reportedAt >= REPORT_MS) this.finish();
  }

  refuse(path: string, detail: string): void {
    this.refused.push(leftOut(path, 'file-unreadable', detail));
  }

  finish(): void {
    this.#reportedAt = performance.now();
    this.#onListing(this.files.length);
  }
}

export interface Opened {
  /** The films of archives in the place of the archives. */
  readonly files: readonly ListedFile[];
  /** By path, why an archive could not be opened. */
  readonly refused: ReadonlyMap<string, unknown>;
}

export async function openArchives(files: readonly ListedFile[]): Promise<Opened> {
  if (!files.some(({ path }) => isArchivePath(path))) return { files, refused: new Map() };
  const all: ListedFile[][] = [];
  const refused = new Map<string, unknown>();
  for (const source of files) {
    if (!isArchivePath(source.path)) all.push([source]);
    else {
      try {
        all.push(await filmsOf(source));
      } catch (error) {
        refused.set(source.path, error);
        all.push([source]);
      }
    }
  }
  return { files: all.flat(), refused };
}

/** They are as old as their archive, so that they are known again. */
async function filmsOf(archive: ListedFile): Promise<ListedFile[]> {
  const { path, modified } = archive;
  const films = await openNpz({ path, file: await archive.open() });
  return films.map(({ path, file }) => ({ path, size: file.size, modified, open: async () => file }));
}

/** A decoder that refuses what could not be opened, with its reason. */
export function refusing(decoder: Decoder, refused: Opened['refused']): Decoder {
  return {
    decode: (source, signal) => {
      const error = refused.get(source.path);
      return error === undefined ? decoder.decode(source, signal) : Promise.reject(error);
    },
    dispose: () => decoder.dispose(),
  };
}
