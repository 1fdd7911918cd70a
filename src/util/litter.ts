// Files and folders that systems leave among people's own, by name: hidden files, which are passed over without a word, and
// the folders in which network storage keeps thumbnails, snapshots and what was deleted. A copy of a film lies in those,
// and would be trained on as a film of its own.

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
