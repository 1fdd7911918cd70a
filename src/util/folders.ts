// Folders of a set by their paths: whether a film lies in one, and how many films each holds.

/**
 * Whether `path` lies below one of the folders. A folder is a path, "train/extra", or every folder of a name, "*" + "/extra".
 */
export function liesIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    if (!folder.startsWith(ANYWHERE)) return path.startsWith(`${folder}/`);
    return `/${path}`.includes(`/${folder.slice(ANYWHERE.length)}/`);
  });
}

export const ANYWHERE = '*/';

export interface FolderCount {
  /** As liesIn takes it. */
  readonly folder: string;
  readonly films: number;
  /** Folders of this name; 1 for a single path. */
  readonly places: number;
}

/** Every folder that films lie in, in path order; before them names that several folders share. */
export function countFolders(paths: readonly string[]): FolderCount[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  const names = new Map<string, { films: number; places: number }>();
  for (const [folder, films] of counts) {
    const name = folder.slice(folder.lastIndexOf('/') + 1);
    const known = names.get(name) ?? { films: 0, places: 0 };
    names.set(name, { films: known.films + films, places: known.places + 1 });
  }
  const shared = [...names].filter(([, { places }]) => places > 1);
  return [
    ...shared.map(([name, count]) => ({ folder: ANYWHERE + name, ...count })),
    ...[...counts].map(([folder, films]) => ({ folder, films, places: 1 })).sort(byFolder),
  ];
}

const byFolder = (a: FolderCount, b: FolderCount) => (a.folder < b.folder ? -1 : 1);
