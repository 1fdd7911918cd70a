// What the headless runner puts into its page: files through the inputs, or a folder dropped on it. Reads nothing.

import type { SourceFile, SourceHandle } from './protocol/intake.ts';
import { AppError } from './util/errors.ts';

/** Handles of a dropped folder: the intake worker walks it, as one that is picked in the app. */
let dropped: Promise<FileSystemHandle | null> | null = null;

document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  dropped = event.dataTransfer?.items[0]?.getAsFileSystemHandle?.() ?? null;
});

/** Null when nothing was dropped. */
export async function droppedFolder(): Promise<SourceHandle[] | null> {
  const handle = await dropped;
  return handle ? [{ path: '', handle }] : null;
}

export function chosen(id: string): File[] {
  const input = document.getElementById(id);
  if (!(input instanceof HTMLInputElement)) throw new AppError('internal', `there is no input ${id}.`);
  return [...(input.files ?? [])];
}

export const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

export function checkpointGiven(): Promise<Uint8Array> {
  const [file] = chosen('checkpoint');
  if (!file) throw new AppError('checkpoint-invalid', 'no file was given.');
  return bytesOf(file);
}

/** Path below the chosen folder: the browser puts the folder's own name first. */
export const pathOf = (file: File) => file.webkitRelativePath.split('/').slice(1).join('/') || file.name;

/** Paths below the folder of the files in the input for those that links lead to. */
let linkedPaths: readonly (readonly string[])[] = [];

export function nameLinked(paths: readonly (readonly string[])[]): void {
  linkedPaths = paths;
}

export interface Given {
  readonly files: readonly SourceFile[];
  /** Paths of the label files that were named, so that no others are used. */
  readonly labelFile?: readonly string[];
}

export function given(): Given {
  const linked = chosen('linked').flatMap((file, i) =>
    (linkedPaths[i] ?? []).map((path) => ({ path, file })),
  );
  const folder = [...chosen('folder').map((file) => ({ path: pathOf(file), file })), ...linked];
  const labels = chosen('labels').map((file) => ({ path: file.name, file }));
  if (labels.length === 0) return { files: folder };
  const names = labels.map(({ path }) => path);
  return { files: [...folder.filter(({ path }) => !names.includes(path)), ...labels], labelFile: names };
}
