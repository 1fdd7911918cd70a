// Labels from folder names, for sets without a label file: train/PNEUMONIA/x.jpeg says both split and class.
// Folders above the first branching say nothing. A class that means "normal" is the absence of the others,
// so NORMAL and PNEUMONIA give one finding; numbered parts (images_001, images_002) are no classes at all.

import { LABEL_UNKNOWN, type Split } from '../../protocol/dataset.ts';
import { splitFromWord } from '../split.ts';
import { isNormalWord, orderFindings } from './columns.ts';
import type { LabelAssignment } from './labels.ts';
import type { FilmLabels } from './merge.ts';

/** More folders than this are parts or patients rather than classes. */
const MOST_CLASSES = 20;

const foldersOf = (path: string): string[] => path.split('/').slice(0, -1);

/** How many leading folders all paths share. */
function sharedDepth(folders: readonly string[][]): number {
  const first = folders[0] ?? [];
  let depth = first.length;
  for (const each of folders) {
    let same = 0;
    while (same < depth && each[same] === first[same]) same++;
    depth = same;
  }
  return depth;
}

/** Do the names differ by more than a number? */
const areClasses = (names: ReadonlySet<string>): boolean =>
  names.size >= 2 &&
  names.size <= MOST_CLASSES &&
  new Set([...names].map((name) => name.toLowerCase().replace(/[^\p{L}]/gu, ''))).size === names.size;

interface FolderReading {
  readonly split: Split | undefined;
  readonly className: string | undefined;
}

function readFolders(paths: readonly string[]): FolderReading[] | null {
  let folders = paths.map(foldersOf);
  const strip = () => {
    const depth = sharedDepth(folders);
    folders = folders.map((parts) => parts.slice(depth));
  };
  strip();
  const splits = folders.map((parts) => splitFromWord(parts[0]));
  const given = splits.length > 0 && splits.every((split) => split !== undefined);
  if (given) folders = folders.map((parts) => parts.slice(1));
  strip();
  const classes = folders.map((parts) => parts[0]);
  const named = areClasses(new Set(classes.filter((name) => name !== undefined)));
  if (!given && !named) return null;
  return paths.map((_, at) => ({
    split: given ? splits[at] : undefined,
    className: named ? classes[at] : undefined,
  }));
}

/** One binary finding per class folder that is not "normal"; null where the folders say nothing. */
export function assignFolders(paths: readonly string[]): LabelAssignment | null {
  const readings = readFolders(paths);
  if (!readings) return null;
  const classes = new Set(readings.flatMap(({ className }) => className ?? []));
  const findings = orderFindings([...classes].filter((name) => !isNormalWord(name)));
  const films = readings.map(({ split, className }): FilmLabels => {
    const labels = findings.map((finding) =>
      className === undefined ? LABEL_UNKNOWN : Number(finding === className),
    );
    return { labels: Uint8Array.from(labels), split };
  });
  const named = readings.filter(({ className }) => className !== undefined).length;
  const given = readings.some(({ split }) => split !== undefined);
  return {
    findings,
    films,
    splitSource: given ? 'the folder names' : null,
    onlyLabelled: false,
    marks: new Map(),
    problems: [],
    report: {
      file: 'folder names',
      formatId: null,
      format: classes.size > 0 ? `class folders: ${[...classes].sort().join(', ')}` : 'split folders',
      rows: paths.length,
      matchedRows: classes.size > 0 ? named : paths.length,
      rowsWithoutFile: 0,
      filesWithoutRow: classes.size > 0 ? paths.length - named : 0,
      duplicateRows: 0,
      conflictingRows: 0,
      ambiguousRows: 0,
      notes: [],
    },
  };
}

/**
 * Classes of folders for tables that name patients, parts or boxes but no findings; what tables say of the rest stands.
 * Folders that say nothing change nothing.
 */
export function withFolderClasses(tables: LabelAssignment, paths: readonly string[]): LabelAssignment {
  if (tables.findings.length > 0) return tables;
  const folders = assignFolders(paths);
  if (!folders || folders.findings.length === 0) return tables;
  const films = tables.films.map((film, at) => {
    const own = folders.films[at]!;
    if (!film) return tables.onlyLabelled ? undefined : own;
    return { ...film, labels: own.labels, split: film.split ?? own.split };
  });
  return {
    ...tables,
    findings: folders.findings,
    films,
    splitSource: tables.splitSource ?? folders.splitSource,
    report: {
      ...tables.report,
      notes: [...(tables.report.notes ?? []), `Findings are ${folders.report.format}.`],
    },
  };
}
