// Folders and files of a set by their paths: whether a film lies in a folder, how many films each holds, and what systems
// leave among people's own. Hidden files are passed over without a word; folders in which network storage keeps thumbnails,
// snapshots and what was deleted hold copies that would be trained on as films of their own.

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

const LITTER_FILES = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  'desktop.ini',
  'icon\r',
  '__macosx',
  'synoindex_media_info',
]);

/** Hidden, or made by a system for itself. @param name of a file or a folder */
export const isLitter = (name: string): boolean =>
  name.startsWith('.') || LITTER_FILES.has(name.toLowerCase());

/** Synology, QNAP, Asustor, Buffalo, NetApp, Windows, Linux and desktop programs. */
const SYSTEM_FOLDERS: readonly RegExp[] = [
  // @eaDir, @Recycle, @Recently-Snapshot, @tmp, @__thumb: whatever a storage begins with an at sign is its own.
  /^@(?!\d+$)/,
  /^#(recycle|snapshot|trash)s?$/,
  /^\$recycle\.bin$/,
  /^(recycler|recycled|recycle[\s_-]?bin|trash|trash[\s_-]?box|trashbox|lost\+found|found\.\d{3})$/,
  /^(system volume information|network trash folder|temporary items|~snapshot)$/,
  /^(_vti_cnf|picasaoriginals|lrdata|\w+ previews\.lrdata)$/,
];

/** @param name of a folder */
export const isSystemFolder = (name: string): boolean =>
  SYSTEM_FOLDERS.some((pattern) => pattern.test(name.toLowerCase()));

/** The folder of a system that a file lies in, as a path; null for a file that people put where it is. */
export function systemFolderOf(path: string): string | null {
  const folders = path.split('/').slice(0, -1);
  const at = folders.findIndex(isSystemFolder);
  return at < 0 ? null : folders.slice(0, at + 1).join('/');
}
