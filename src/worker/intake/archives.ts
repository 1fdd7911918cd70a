// Files that hold many films, opened before anything else is done with a list of files, so that the rest of the intake
// knows single films only. An archive that cannot be opened stays in the list and is refused when its turn comes.

import { isArchivePath, openNpz } from '../../data/raster/npz.ts';
import type { ListedFile } from '../../data/sources.ts';
import type { Decoder } from './films.ts';

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
