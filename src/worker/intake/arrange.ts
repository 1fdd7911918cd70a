// Labels and parts of films that are read already: remembers which files they came from and reads the label files anew
// under another choice, without decoding a film again. Also answers what the page asks about rows and marks.

import type { DatasetParts, Film } from '../../data/dataset.ts';
import type { LabelAssignment } from '../../data/labels/labels.ts';
import { patientOf } from '../../data/patient.ts';
import { type ListedFile, readLabels, type SortedSources } from '../../data/sources.ts';
import { refuseOverlap } from '../../data/split.ts';
import type { SplitChoice } from '../../protocol/arrangement.ts';
import type { LabelReport, SkippedFile } from '../../protocol/dataset.ts';
import type { Arrangement, IntakeOptions } from '../../protocol/intake.ts';
import { liesIn } from '../../util/folders.ts';
import type { MaskFiles } from './listing.ts';
import { markedFindings, placesOf } from './marked.ts';

/** Where a set came from, besides its pixels. */
export interface SetOrigin {
  readonly sources: SortedSources;
  /** Of these, what labels speak of: all but the folders left out. */
  readonly labelled: SortedSources;
  readonly assignment: LabelAssignment | null;
  readonly options: IntakeOptions;
  /** Files that are no films, with their reasons. */
  readonly failed: readonly SkippedFile[];
  /** Pictures of masks beside films. */
  readonly maskFiles?: MaskFiles;
}

export type SetParts = Omit<DatasetParts, 'startedAt' | 'planes'>;

export interface KeptSet {
  readonly parts: SetParts;
  /** Null for the synthetic set. */
  readonly origin: SetOrigin | null;
  readonly fingerprint: string;
}

/** Folders are stratified by each finding unless something else was chosen. */
export const splitChoice = ({ seed, split }: Pick<IntakeOptions, 'seed' | 'split'>): SplitChoice => ({
  seed,
  stratify: 'every',
  ...split,
});

/**
 * Refuses a given split whose parts overlap before any film is decoded, as far as names and labels tell patients apart.
 * @throws AppError split-overlap
 */
export function refuseOverlapEarly(
  assignment: LabelAssignment | null,
  films: readonly ListedFile[],
  { source, overlap = 'refuse' }: SplitChoice,
): void {
  if (!assignment?.splitSource || source === 'drawn' || overlap !== 'refuse') return;
  const known = films.map(({ path }, at) => {
    const { split: given, alsoIn, unknownPart, patient: column } = assignment.films[at] ?? {};
    return { patient: patientOf({ path, column }).patient, given, alsoIn, unknownPart };
  });
  refuseOverlap(known, assignment.splitSource);
}

/** Files that turned out to be no films need no row. */
function reportOn(
  { report, films }: LabelAssignment,
  sources: readonly ListedFile[],
  failed: readonly SkippedFile[],
): LabelReport {
  const noFilm = new Set(failed.map(({ path }) => path));
  const without = sources.filter(({ path }, at) => noFilm.has(path) && !films[at]).length;
  return { ...report, filesWithoutRow: Math.max(0, report.filesWithoutRow - without) };
}

/** What the labels give to the parts of a set. */
export function labelledParts(
  origin: SetOrigin,
  films: readonly Omit<Film, 'labels'>[],
): Pick<SetParts, 'films' | 'findings' | 'splitSource' | 'knownParts' | 'report' | 'marked'> {
  const { assignment, labelled, failed } = origin;
  const placeOf = placesOf(labelled.films);
  return {
    marked: markedFindings(
      origin,
      films.map(({ path }) => path),
    ),
    films: films.map((film) => ({ ...film, labels: assignment?.films[placeOf.get(film.path)!] })),
    findings: assignment?.findings ?? [],
    splitSource: assignment?.splitSource ?? null,
    knownParts: assignment?.knownParts,
    report: assignment ? reportOn(assignment, labelled.films, failed) : null,
  };
}

/** Labels are not asked about films in folders that are left out. */
export const withoutFolders = (sources: SortedSources, folders: readonly string[] = []): SortedSources =>
  folders.length === 0
    ? sources
    : { ...sources, films: sources.films.filter(({ path }) => !liesIn(path, folders)) };

/** The same films under other labels and another split. @throws AppError of labels and splits */
export async function rearranged(
  { parts, origin }: KeptSet,
  arrangement: Arrangement,
  signal: AbortSignal,
): Promise<Omit<KeptSet, 'fingerprint'>> {
  if (!origin) return { parts: { ...parts, split: { ...parts.split, ...arrangement.split } }, origin };
  const options = { ...origin.options, ...arrangement };
  const labelled = withoutFolders(origin.sources, options.leaveOutFolders);
  const { assignment, skipped, scan } = await readLabels(labelled, options, signal);
  const next = { ...origin, labelled, assignment, options };
  return {
    parts: {
      ...parts,
      ...labelledParts(next, parts.films),
      scan,
      split: splitChoice(options),
      leaveOut: options.leaveOut,
      leaveOutFolders: options.leaveOutFolders,
      skipped: [...skipped, ...origin.failed],
    },
    origin: next,
  };
}
