// Files that hold many films, opened before anything else is done with a list of files, so that the rest of the intake
// knows single films only. An archive that cannot be opened stays in the list and is refused when its turn comes.

import { isArchivePath, openNpz } from '../data/npz.ts';
import type { SourceFile } from '../protocol/intake.ts';
import type { Decoder } from './intakeFiles.ts';

export interface Opened {
  /** The films of archives in the place of the archives. */
  readonly files: readonly SourceFile[];
  /** By path, why an archive could not be opened. */
  readonly refused: ReadonlyMap<string, unknown>;
}

export async function openArchives(files: readonly SourceFile[]): Promise<Opened> {
  if (!files.some(({ path }) => isArchivePath(path))) return { files, refused: new Map() };
  const all: SourceFile[][] = [];
  const refused = new Map<string, unknown>();
  for (const source of files) {
    if (!isArchivePath(source.path)) all.push([source]);
    else {
      try {
        all.push(await openNpz(source));
      } catch (error) {
        refused.set(source.path, error);
        all.push([source]);
      }
    }
  }
  return { files: all.flat(), refused };
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
