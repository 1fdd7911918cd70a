// Training, validation and test by folders. The nearest folder of a film that is called after a part counts, wherever it
// stands, so that an inner copy of a set reads like the set. A folder beside them of any other name is a part that is not
// known, unless it is a class that stands among the part's own classes.

import type { Placement } from '../../protocol/dataset.ts';
import { type Said, saidPart, splitFromWord } from '../splitWords.ts';
import { isNormalWord } from './words.ts';

export interface FolderPart {
  readonly said: Said | undefined;
  /** Folders below that of the part; all of them where there is none. Null: the film stands beside the parts. */
  readonly below: readonly string[] | null;
  /** Folders above it. */
  readonly above: readonly string[] | null;
}

const isPart = (name: string) => splitFromWord(name) !== undefined;

/** The place of the last folder called after a part; -1 where none is. */
const partAt = (folders: readonly string[]): number => folders.findLastIndex(isPart);

/** Folders that hold folders called after parts, with the names found below those. */
function parentsOfParts(all: readonly (readonly string[])[]): Map<string, Set<string>> {
  const parents = new Map<string, Set<string>>();
  for (const folders of all) {
    const at = partAt(folders);
    if (at < 0) continue;
    const parent = folders.slice(0, at).join('/');
    const below = parents.get(parent) ?? new Set();
    for (const name of folders.slice(at + 1)) below.add(name);
    parents.set(parent, below);
  }
  return parents;
}

/** The folder beside part folders in which the film stands, as the number of folders above it; -1 where in none. */
function besideAt(folders: readonly string[], parents: ReadonlyMap<string, unknown>): number {
  for (let at = folders.length - 1; at >= 0; at--) if (parents.has(folders.slice(0, at).join('/'))) return at;
  return -1;
}

/** What folders say of parts, film by film; null where they name none. @param all folders below what all films share */
export function partsOfFolders(
  all: readonly (readonly string[])[],
  chosen: Readonly<Record<string, Placement>> | undefined,
): FolderPart[] | null {
  const parents = parentsOfParts(all);
  if (parents.size === 0) return null;
  // Classes beside a part that has the same classes: normal/, pneumonia/, test/normal/, test/pneumonia/.
  const areClasses = [...parents].some(([parent, below]) =>
    all.some((folders) => {
      const at = besideAt(folders, parents);
      const name = folders[at];
      const beside = at >= 0 && partAt(folders) < 0 && folders.slice(0, at).join('/') === parent;
      return beside && name !== undefined && (below.has(name) || isNormalWord(name));
    }),
  );
  return all.map((folders): FolderPart => {
    const at = partAt(folders);
    if (at >= 0) {
      return {
        said: saidPart(folders[at]!, chosen),
        below: folders.slice(at + 1),
        above: folders.slice(0, at),
      };
    }
    const beside = besideAt(folders, parents);
    if (beside < 0) return { said: undefined, below: null, above: null };
    if (areClasses) return { said: undefined, below: folders.slice(beside), above: null };
    return {
      said: saidPart(folders[beside]!, chosen),
      below: folders.slice(beside + 1),
      above: folders.slice(0, beside),
    };
  });
}
