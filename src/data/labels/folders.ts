// Labels from folder names, for sets without a label file: train/PNEUMONIA/x.jpeg says both part and class. Folders above
// the first branching say nothing. A class that means "normal" is the absence of the others, so NORMAL and PNEUMONIA give
// one finding; numbered folders (images_001, images_002) are no classes at all.
// Parts: the nearest folder of a film that is called after a part counts, wherever it stands, so that an inner copy of a set reads
// like the set; a folder beside them of any other name is a part that is not known, unless it is a class among the part's own.

import { LABEL_UNKNOWN, type Placement } from '../../protocol/dataset.ts';
import { type Said, saidPart, splitFromWord } from '../splitWords.ts';
import { isLateralView, orderFindings } from './columns.ts';
import { type LabelAssignment, placeOf } from './labels.ts';
import type { FilmLabels } from './merge.ts';
import { absenceAmong, isNormalWord } from './words.ts';

/** More folders than this are parts or patients rather than classes. */
const MOST_CLASSES = 20;
/** Folders below the first branching in which classes are looked for. */
const DEEPEST = 3;

const foldersOf = (path: string): string[] => path.split('/').slice(0, -1);

/** How many leading folders all paths share. */
function sharedDepth(folders: readonly (readonly string[])[]): number {
  const first = folders[0] ?? [];
  let depth = first.length;
  for (const each of folders) {
    let same = 0;
    while (same < depth && each[same] === first[same]) same++;
    depth = same;
  }
  return depth;
}

const isView = (name: string) => isLateralView(name) || /^(frontal|pa|ap)$/i.test(name);
/** Folders called by one digit, as image generators want them: 0 is the absence of the others. */
const areDigits = (names: ReadonlySet<string>) =>
  names.has('0') && [...names].every((name) => /^\d$/.test(name));

/** Do the names differ by more than a number, and mean more than the direction of the beam? */
function areClasses(names: ReadonlySet<string>): boolean {
  if (names.size < 2 || names.size > MOST_CLASSES) return false;
  if (areDigits(names)) return true;
  const letters = new Set([...names].map((name) => name.toLowerCase().replace(/[^\p{L}]/gu, '')));
  return letters.size === names.size && ![...names].every(isView);
}

/** The class folder of each film, from folders below what all share; none where no level holds classes. */
function classesIn(folders: readonly (readonly string[] | null)[]): (string | undefined)[] | null {
  const depth = sharedDepth(folders.filter((parts) => parts !== null));
  const namesAt = (level: number) => new Set(folders.flatMap((parts) => parts?.[level] ?? []));
  const levels = Array.from({ length: DEEPEST }, (_, i) => depth + i).filter((level) =>
    areClasses(namesAt(level)),
  );
  // A "normal" among the names says that they are classes; without one the first branching may be, what is below may be anything.
  const sure = levels.find((level) => absenceAmong([...namesAt(level)]).length > 0);
  const level = sure ?? levels.find((each) => each === depth);
  return level === undefined ? null : folders.map((parts) => parts?.[level]);
}

interface FolderReading {
  readonly said: Said | undefined;
  readonly className: string | undefined;
}

function readFolders(
  paths: readonly string[],
  chosen: Readonly<Record<string, Placement>> | undefined,
): FolderReading[] | null {
  const all = paths.map(foldersOf);
  const depth = sharedDepth(all);
  const folders = all.map((parts) => parts.slice(depth));
  const parts = partsOfFolders(folders, chosen);
  const classes = parts
    ? (classesIn(parts.map(({ below }) => below)) ?? classesIn(parts.map(({ above }) => above)))
    : classesIn(folders);
  if (!parts && !classes) return null;
  return paths.map((_, at) => ({ said: parts?.[at]?.said, className: classes?.[at] }));
}

/** One binary finding per class folder that is not "normal"; null where the folders say nothing. */
export function assignFolders(
  paths: readonly string[],
  chosen?: Readonly<Record<string, Placement>>,
): LabelAssignment | null {
  const readings = readFolders(paths, chosen);
  if (!readings) return null;
  const classes = new Set(readings.flatMap(({ className }) => className ?? []));
  const digits = areDigits(classes);
  const absent = digits ? ['0'] : absenceAmong([...classes]);
  const findings = orderFindings([...classes].filter((name) => !absent.includes(name)));
  const films = readings.map(({ said, className }): FilmLabels => {
    const labels = findings.map((finding) =>
      className === undefined ? LABEL_UNKNOWN : Number(finding === className),
    );
    return { labels: Uint8Array.from(labels), ...placeOf(said) };
  });
  const named = readings.filter(({ className }) => className !== undefined).length;
  const given = readings.some(({ said }) => said !== undefined);
  return {
    findings,
    films,
    splitSource: given ? 'the folder names' : null,
    onlyLabelled: false,
    marks: new Map(),
    problems: [],
    uses: new Map(),
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
      notes: digits ? ['The folder 0 is taken for the absence of what the others are.'] : [],
    },
  };
}

/** Do folders name parts, or classes with a normal one among them, so that nobody would take them for anything else? */
export function speakPlainly(paths: readonly string[]): boolean {
  const readings = readFolders(paths, undefined) ?? [];
  return readings.some(({ said, className }) => said !== undefined || isNormalWord(className ?? ''));
}

/**
 * What folders say beside tables: classes, where the tables name no findings, and parts, where they give none. What tables
 * say of the rest stands.
 */
export function withFolders(
  tables: LabelAssignment,
  paths: readonly string[],
  chosen?: Readonly<Record<string, Placement>>,
): LabelAssignment {
  const classesWanted = tables.findings.length === 0;
  const partsWanted = tables.splitSource === null;
  const folders = classesWanted || partsWanted ? assignFolders(paths, chosen) : null;
  const classes = folders && classesWanted && folders.findings.length > 0;
  const parts = folders && partsWanted && folders.splitSource !== null;
  if (!classes && !parts) return tables;
  const findings = classes ? folders.findings : tables.findings;
  const films = tables.films.map((film, at) => {
    if (!film && tables.onlyLabelled) return undefined;
    const { labels, split, unknownPart } = folders.films[at]!;
    const unknown = new Uint8Array(findings.length).fill(LABEL_UNKNOWN);
    return {
      ...film,
      labels: classes ? labels : (film?.labels ?? unknown),
      ...(parts && { split, ...(unknownPart === undefined ? {} : { unknownPart }) }),
    };
  });
  const notes = classes ? [`Findings are ${folders.report.format}.`] : [];
  return {
    ...tables,
    findings,
    films,
    splitSource: parts ? folders.splitSource : tables.splitSource,
    report: { ...tables.report, notes: [...(tables.report.notes ?? []), ...notes] },
  };
}

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
