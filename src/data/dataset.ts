// Puts decoded films, labels and split together: the summary that the page shows and the planes that the
// engine trains on, in the same order. Counting and naming only; nothing is decoded or matched here.

import type { FilmMeasures, QualityFlag, SplitChoice } from '../protocol/arrangement.ts';
import type { StorageReport } from '../protocol/cache.ts';
import {
  type DatasetSummary,
  type DrawnSet,
  type EngineDataset,
  type FindingCount,
  filmTable,
  type ImageFormat,
  type ImageRow,
  LABEL_NEGATIVE,
  LABEL_POSITIVE,
  LABEL_UNKNOWN,
  type LabelReport,
  type PackedPlanes,
  type Placement,
  type SkippedFile,
  type Split,
  type Taking,
} from '../protocol/dataset.ts';
import type { LabelScan } from '../protocol/labels.ts';
import { type FolderCount, liesIn } from '../util/folders.ts';
import { isLateralView } from './labels/columns.ts';
import { nihNames } from './labels/knownLists.ts';
import type { FilmLabels } from './labels/labels.ts';
import { type PatientSource, patientOf } from './patient.ts';
import { NOT_DUPLICATE } from './quality/duplicates.ts';
import { flagFilms, leaveOut, qualityReport } from './quality/report.ts';
import { splitFilms, unknownParts } from './split.ts';

/** What is known of one decoded film; its pixels lie apart. */
export interface Film {
  readonly path: string;
  readonly format: ImageFormat;
  /** Size of the stored plane. */
  readonly width: number;
  readonly height: number;
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** Bytes of the file; part of the fingerprint. */
  readonly fileSize: number;
  /** DICOM PatientID. */
  readonly patientId?: string | undefined;
  readonly note?: string | undefined;
  readonly taking?: Taking | undefined;
  readonly labels?: FilmLabels | undefined;
  /** Absent for the synthetic set. */
  readonly measures?: FilmMeasures | undefined;
}

export interface DatasetParts {
  readonly name: string;
  readonly synthetic: boolean;
  readonly films: readonly Film[];
  /** Per film, width * height bytes, row-major, 0 is black; empty where the film lies in the cache. */
  readonly planes: readonly Uint8Array[];
  readonly packs?: PackedPlanes | undefined;
  /** Of the built-in set, which has no planes before they are wanted. */
  readonly drawn?: DrawnSet | undefined;
  readonly findings: readonly string[];
  /** Where given splits come from, in words; null draws the split. */
  readonly splitSource: string | null;
  /** Which published split they are, in words. */
  readonly knownParts?: string | undefined;
  readonly report: LabelReport | null;
  readonly scan?: LabelScan | undefined;
  readonly skipped: readonly SkippedFile[];
  readonly split: SplitChoice;
  /** Films with one of these flags are in no part. */
  readonly leaveOut?: readonly QualityFlag[] | undefined;
  /** Films in these folders are in no part, and the parts are drawn without them. */
  readonly leaveOutFolders?: readonly string[] | undefined;
  /** Findings of which boxes or masks lie on films; absent for none. */
  readonly marked?: readonly string[] | undefined;
  /** Folders that were taken for masks. */
  readonly maskFolders?: readonly FolderCount[] | undefined;
  /** Per film the earlier film it looks like, as findDuplicates has it; absent where none were looked for. */
  readonly duplicates?: Int32Array | undefined;
  readonly storage?: StorageReport;
  readonly planeSize: number;
  /** `performance.now()` when the work began. */
  readonly startedAt: number;
}

/** @throws AppError split-impossible, split-overlap */
export async function assembleDataset(
  parts: DatasetParts,
): Promise<{ summary: DatasetSummary; engine: EngineDataset }> {
  const { films, findings } = parts;
  const labels = films.map(
    (film) => film.labels?.labels ?? new Uint8Array(findings.length).fill(LABEL_UNKNOWN),
  );
  const answers = films.map((film) =>
    patientOf({ path: film.path, column: film.labels?.patient, dicom: film.patientId }),
  );
  const isIn = films.map(({ path }) => !liesIn(path, parts.leaveOutFolders ?? []));
  const split = splitFilms(
    films
      .map((film, i) => ({
        patient: answers[i]!.patient,
        findings: positivesOf(labels[i]!),
        given: film.labels?.split,
        alsoIn: film.labels?.alsoIn,
        unknownPart: film.labels?.unknownPart,
      }))
      .filter((_, i) => isIn[i]),
    parts.split,
    parts.splitSource,
  );
  const inside = films.filter((_, i) => isIn[i]);
  const asked =
    parts.split.source === 'drawn' ? [] : unknownParts(inside.flatMap(({ labels: said }) => said ?? []));
  const drawn = split.splits.values();
  const splits = isIn.map((within): Placement => (within ? drawn.next().value! : 'out'));
  const { places, flags, quality } = judge(parts, splits, isIn);
  const images = films.map(
    (film, i): ImageRow => ({
      path: film.path,
      patient: answers[i]!.patient,
      split: places[i]!,
      flags: flags[i]!,
      format: film.format,
      width: film.originalWidth,
      height: film.originalHeight,
      labels: labels[i]!,
      ...(film.note ? { note: film.note } : {}),
      ...(film.taking ? { taking: film.taking } : {}),
    }),
  );
  const table = filmTable(images);
  const fingerprint = await fingerprintOf(images, films, parts);
  return {
    summary: {
      name: parts.name,
      synthetic: parts.synthetic,
      filmTable: table,
      findings,
      counts: findings.map((finding, at) => countFinding(images, finding, at)),
      patients: perSplit((name) => new Set(ofSplit(images, name).map((row) => row.patient)).size),
      films: perSplit((name) => ofSplit(images, name).length),
      leftOut: ofSplit(images, 'out').length,
      splitRule: [split.rule, ...unknownPatients(answers.map((answer) => answer.source))].join(' '),
      ...(parts.splitSource && { givenSplit: parts.splitSource }),
      ...(asked.length > 0 && { unknownParts: asked }),
      labels: parts.report,
      ...(parts.scan && { scan: parts.scan }),
      ...(quality && { quality }),
      skipped: parts.skipped,
      ...(parts.leaveOutFolders?.length && { leftOutFolders: parts.leaveOutFolders }),
      ...(parts.maskFolders?.length && { maskFolders: parts.maskFolders }),
      ...(parts.marked && { marked: parts.marked }),
      fingerprint,
      ...(parts.storage && { storage: parts.storage }),
      seconds: (performance.now() - parts.startedAt) / 1000,
    },
    engine: {
      name: parts.name,
      fingerprint,
      findings,
      planes: parts.planes,
      ...(parts.packs && { packs: parts.packs }),
      ...(parts.drawn && { drawn: parts.drawn }),
      ...(parts.marked && { marked: parts.marked }),
      ...partsInUse(parts),
      widths: Uint16Array.from(films, (film) => film.width),
      heights: Uint16Array.from(films, (film) => film.height),
      splits: table.splits.slice(),
      patients: table.patients.slice(),
      labels: table.labels.slice(),
      ...(films.every(({ measures }) => measures) && {
        hashes: films.map(({ measures }) => measures!.hash),
      }),
    },
  };
}

/** Films of which set with published lists stand in which parts; nothing of other films. */
function partsInUse({ knownParts, split, splitSource, films }: DatasetParts): Pick<EngineDataset, 'parts'> {
  if (splitSource !== null && split.source !== 'drawn') return knownParts ? { parts: knownParts } : {};
  const names = nihNames(films.map(({ path }) => path));
  return 2 * names.size > films.length ? { parts: DRAWN_FROM_NIH } : {};
}

const DRAWN_FROM_NIH =
  'drawn here from NIH films, so that scores can be held against those of no published split';

/** DICOM (0018,5101), where the file has it. */
const lateralByTag = ({ taking }: Film): boolean | undefined =>
  taking?.view === undefined ? undefined : isLateralView(taking.view);

/** Flags, and the places once unwanted films are taken out. */
function judge(
  { films, duplicates: found, leaveOut: unwanted = [] }: DatasetParts,
  splits: readonly Placement[],
  isIn: readonly boolean[],
) {
  if (!found) return { places: splits, flags: new Uint8Array(films.length), quality: undefined };
  // The copy of a film that is left out with its folder is the only one.
  const duplicates = found.map((first, film) => (isIn[film] && isIn[first] ? first : NOT_DUPLICATE));
  const flags = flagFilms(
    films.map((film) => ({ ...film, lateral: film.labels?.lateral ?? lateralByTag(film) })),
    duplicates,
  ).map((bits, film) => (isIn[film] ? bits : 0));
  const quality = qualityReport(flags, duplicates, splits, unwanted);
  return { places: leaveOut(splits, flags, unwanted), flags, quality };
}

const positivesOf = (labels: Uint8Array): number[] => {
  const found: number[] = [];
  labels.forEach((value, at) => {
    if (value === LABEL_POSITIVE) found.push(at);
  });
  return found;
};

const ofSplit = (images: readonly ImageRow[], split: Placement) =>
  images.filter((row) => row.split === split);

const perSplit = (value: (split: Split) => number): Record<Split, number> => ({
  train: value('train'),
  val: value('val'),
  test: value('test'),
});

function countFinding(images: readonly ImageRow[], finding: string, at: number): FindingCount {
  const count = (wanted: number) =>
    perSplit((split) => ofSplit(images, split).filter((row) => row.labels[at] === wanted).length);
  return { finding, positives: count(LABEL_POSITIVE), negatives: count(LABEL_NEGATIVE) };
}

function unknownPatients(sources: readonly PatientSource[]): string[] {
  const unknown = sources.filter((source) => source === 'film').length;
  if (unknown === 0) return [];
  return [`${unknown} film(s) name no patient; each counts as a patient of its own.`];
}

/** Sets without one keep the fingerprint that they had before there were any. */
const trapOf = ({ trap = 'none' }: DrawnSet) => (trap === 'none' ? '' : ` ${trap}`);

/** SHA-256 over paths, sizes, splits, labels and decode options, first 16 hex digits. */
async function fingerprintOf(
  images: readonly ImageRow[],
  films: readonly Film[],
  { findings, planeSize, drawn }: DatasetParts,
): Promise<string> {
  const lines = images.map((row, i) =>
    [row.path, films[i]!.fileSize, row.width, row.height, row.patient, row.split, row.labels.join('')].join(
      '\t',
    ),
  );
  // The films of a drawn set are not in its table: another seed may by chance have the same one.
  const origin = drawn ? [`drawn ${drawn.difficulty} ${drawn.seed}${trapOf(drawn)}`] : [];
  const text = [`plane ${planeSize}`, ...origin, findings.join('\t'), ...lines].join('\n');
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
