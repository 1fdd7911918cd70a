// What a data set is, on both sides of the seam: the page holds a summary of it, the engine holds its planes.
// Pixels go from the intake worker straight to the engine; the page only ever sees thumbnails.

import type { Config } from '../config/schema.ts';
import type { WireError } from '../util/errors.ts';
import type { FolderCount } from '../util/folders.ts';
import type { QualityReport } from './arrangement.ts';
import type { StorageReport } from './cache.ts';
import type { LabelFormatId, LabelScan, MatchExample, UnknownPart } from './labels.ts';

export const SPLITS = ['train', 'val', 'test'] as const;
export type Split = (typeof SPLITS)[number];
/** Where a film stands: in a part, or left out of all of them, by choice or because parts would overlap. */
export type Placement = Split | 'out';
/** In tables of indices into SPLITS. */
export const PLACE_OUT = 255;

/** Label values: absent, present, or not known. */
export const LABEL_NEGATIVE = 0;
export const LABEL_POSITIVE = 1;
export const LABEL_UNKNOWN = 255;

const IMAGE_FORMATS = ['png', 'jpeg', 'dicom', 'pgm', 'synthetic'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** One film as the page knows it. */
export interface ImageRow {
  /** Path below the chosen folder. Never leaves the machine, never enters a link or an export unasked. */
  readonly path: string;
  readonly patient: string;
  readonly split: Placement;
  readonly format: ImageFormat;
  /** Size of the original film. */
  readonly width: number;
  readonly height: number;
  /** One value per finding of the set. */
  readonly labels: Uint8Array;
  /** Bits of QUALITY_FLAGS; none where nothing was measured. */
  readonly flags?: number;
  /** Something the reader should know, e.g. "first of 3 frames". */
  readonly note?: string;
  readonly taking?: Taking;
}

/** How a DICOM film says it was taken. */
export interface Taking {
  /** e.g. PA, AP, LL. */
  readonly view?: string;
  /** L, R, U or B. */
  readonly laterality?: string;
  /** Distance of rows and of columns, mm. */
  readonly spacing?: readonly [number, number];
}

/** All films of a set in flat tables, one entry each: a hundred thousand take some megabytes, and no object of their own. */
export interface FilmTable {
  readonly length: number;
  readonly paths: readonly string[];
  /** Names of patients, each once, and per film the index of its patient. */
  readonly patientNames: readonly string[];
  readonly patients: Uint32Array;
  /** Index into SPLITS, or PLACE_OUT. */
  readonly splits: Uint8Array;
  /** Index into IMAGE_FORMATS. */
  readonly formats: Uint8Array;
  /** Sizes of the original films. */
  readonly widths: Uint32Array;
  readonly heights: Uint32Array;
  /** films x findings, row-major. */
  readonly labels: Uint8Array;
  /** Bits of QUALITY_FLAGS. */
  readonly flags: Uint8Array;
  /** Few films have one. */
  readonly notes: ReadonlyMap<number, string>;
  /** Ways of taking, each once, the first unknown; and per film the index of its own. */
  readonly takings: readonly Taking[];
  readonly takingOf: Uint32Array;
}

/** One film of the table. */
export function filmAt(table: FilmTable, film: number): ImageRow {
  const findings = table.length > 0 ? table.labels.length / table.length : 0;
  const note = table.notes.get(film);
  const taking = table.takingOf[film]!;
  const flags = table.flags[film]!;
  return {
    path: table.paths[film]!,
    patient: table.patientNames[table.patients[film]!]!,
    split: SPLITS[table.splits[film]!] ?? 'out',
    format: IMAGE_FORMATS[table.formats[film]!]!,
    width: table.widths[film]!,
    height: table.heights[film]!,
    labels: table.labels.subarray(film * findings, (film + 1) * findings),
    ...(note && { note }),
    ...(taking > 0 && { taking: table.takings[taking]! }),
    ...(flags > 0 && { flags }),
  };
}

/** Every film of the table as an object: for small sets and tests. */
export const filmsAsRows = (table: FilmTable): ImageRow[] =>
  Array.from({ length: table.length }, (_, film) => filmAt(table, film));

/** Rows as a table; every row has as many labels as the first. */
export function filmTable(rows: readonly ImageRow[]): FilmTable {
  const numbers = new Map<string, number>();
  const patients = Uint32Array.from(rows, ({ patient }) => {
    const number = numbers.get(patient) ?? numbers.size;
    numbers.set(patient, number);
    return number;
  });
  const takings = new Map<string, Taking>([['{}', {}]]);
  const takingKeys = rows.map(({ taking = {} }) => {
    const key = JSON.stringify(taking);
    if (!takings.has(key)) takings.set(key, taking);
    return key;
  });
  const takingNumbers = new Map([...takings.keys()].map((key, i) => [key, i]));
  const findings = rows[0]?.labels.length ?? 0;
  const labels = new Uint8Array(rows.length * findings);
  rows.forEach((row, film) => {
    labels.set(row.labels, film * findings);
  });
  return {
    length: rows.length,
    paths: rows.map(({ path }) => path),
    patientNames: [...numbers.keys()],
    patients,
    splits: Uint8Array.from(rows, ({ split }) => (split === 'out' ? PLACE_OUT : SPLITS.indexOf(split))),
    formats: Uint8Array.from(rows, ({ format }) => IMAGE_FORMATS.indexOf(format)),
    widths: Uint32Array.from(rows, ({ width }) => width),
    heights: Uint32Array.from(rows, ({ height }) => height),
    labels,
    flags: Uint8Array.from(rows, ({ flags = 0 }) => flags),
    notes: new Map(rows.flatMap(({ note }, film) => (note ? [[film, note] as const] : []))),
    takings: [...takings.values()],
    takingOf: Uint32Array.from(takingKeys, (key) => takingNumbers.get(key)!),
  };
}

export interface SkippedFile {
  readonly path: string;
  readonly error: WireError;
}

/** What became of the label file. */
export interface LabelReport {
  readonly file: string;
  /** How it was understood, in words, e.g. "NIH finding labels". */
  readonly format: string;
  /** Row of LABEL_FORMATS; null for folder names. */
  readonly formatId?: LabelFormatId | null;
  readonly rows: number;
  readonly matchedRows: number;
  readonly rowsWithoutFile: number;
  readonly filesWithoutRow: number;
  readonly duplicateRows: number;
  readonly conflictingRows: number;
  /** Rows whose name fits several films equally well; they were not used. */
  readonly ambiguousRows?: number;
  /** What the reader should know, in whole sentences: columns left out, other label files, rows chosen. */
  readonly notes?: readonly string[];
  /** The first few of each problem. They hold names, so they never enter a run's report. */
  readonly examples?: readonly MatchExample[];
  /** Boxes and masks that lie on films of the set. */
  readonly marks?: { readonly films: number; readonly boxes: number; readonly masks: number };
}

export interface FindingCount {
  readonly finding: string;
  /** Positives and negatives per split. */
  readonly positives: Record<Split, number>;
  readonly negatives: Record<Split, number>;
}

export interface DatasetSummary {
  readonly name: string;
  readonly synthetic: boolean;
  readonly filmTable: FilmTable;
  readonly findings: readonly string[];
  readonly counts: readonly FindingCount[];
  readonly patients: Record<Split, number>;
  readonly films: Record<Split, number>;
  /** Films in no part; they are shown, but neither trained on nor scored. */
  readonly leftOut: number;
  /** How the split was made, in words. */
  readonly splitRule: string;
  /** What gives a split, in words, whether it was taken or not; absent where nothing does. */
  readonly givenSplit?: string;
  /** Words for parts that are none of those known; their films are in no part until it is said what they mean. */
  readonly unknownParts?: readonly UnknownPart[];
  readonly labels: LabelReport | null;
  /** Every label file as it was understood; absent for the synthetic set. */
  readonly scan?: LabelScan;
  /** Absent for the synthetic set. */
  readonly quality?: QualityReport;
  readonly skipped: readonly SkippedFile[];
  /** Folders whose films are left out by choice; absent for none. */
  readonly leftOutFolders?: readonly string[];
  /** Folders of pictures that were taken for masks and not read; absent for none. */
  readonly maskFolders?: readonly FolderCount[];
  /** Findings of which boxes or masks lie on films; absent for none. */
  readonly marked?: readonly string[];
  /** Hash of paths, sizes, labels and decode options: two equal sets share it. */
  readonly fingerprint: string;
  readonly seconds: number;
  /** Where the planes lie; absent for sets that were not read from files. */
  readonly storage?: StorageReport;
}

/** Where the planes of a set lie in the cache on disk. A film whose `pack` is -1 lies in memory. */
export interface PackedPlanes {
  /** File names in the cache's folder. */
  readonly packs: readonly string[];
  /** Per film, the index of its pack. */
  readonly pack: Int32Array;
  /** Per film, the byte in the pack at which its plane begins. */
  readonly offsets: Float64Array;
  /** Per film, the checksum of its plane. */
  readonly checksums: Uint32Array;
}

/** The built-in set as whoever draws its films needs it; every film is `side` px high and wide. */
export interface DrawnSet {
  readonly patients: number;
  readonly difficulty: Config['syntheticDifficulty'];
  readonly trap?: Config['syntheticTrap'];
  readonly seed: number;
  readonly side: number;
}

/** The set as the engine holds it: 8-bit grey planes and flat tables, one entry per film. */
export interface EngineDataset {
  readonly name: string;
  readonly fingerprint: string;
  readonly findings: readonly string[];
  /** width * height bytes each, row-major, 0 is black; empty for a film that lies in the cache; none for films to be drawn. */
  readonly planes: readonly Uint8Array[];
  /** Absent when all films are in memory. */
  readonly packs?: PackedPlanes;
  /** Of the built-in set, whose films are drawn when they are wanted. */
  readonly drawn?: DrawnSet;
  readonly widths: Uint16Array;
  readonly heights: Uint16Array;
  /** Index into SPLITS, or PLACE_OUT. */
  readonly splits: Uint8Array;
  /** Dense patient number, for splitting label shares by patient. */
  readonly patients: Uint32Array;
  /** films x findings, row-major. */
  readonly labels: Uint8Array;
  /** Which parts these are, where films belong to a set with published lists, in words that follow "the parts are". */
  readonly parts?: string | undefined;
  /** Findings of which boxes or masks lie on films of the set, in alphabetical order; absent for none. */
  readonly marked?: readonly string[] | undefined;
  /** Perceptual hash of each film, by which the same film is known in another set; absent for films that a program draws. */
  readonly hashes?: readonly string[];
}

/** Where findings lie on films, each film as a square of `side` px as the encoder sees it. */
export interface DrawnMasks {
  /** Per film, side * side bytes, row-major, 1 inside a mask or box of a finding asked for; null where nothing of these is drawn. */
  readonly inside: readonly (Uint8Array | null)[];
  /** Per film, 1 for each finding asked for of which something is drawn. */
  readonly marked: readonly Uint8Array[];
  /** Films whose masks could not be read, with the reason; nothing is drawn on them here. */
  readonly failed: readonly { readonly film: number; readonly reason: string }[];
}

/** Films that steps were taken on, as far as they can be told from others. */
export interface SeenFilms {
  readonly fingerprint: string;
  /** Null where nothing but the fingerprint is known. */
  readonly name: string | null;
  /** Of the training films, '' for one that shows nothing; null where they are not known. */
  readonly hashes: readonly string[] | null;
}

/** New labels and parts for the films that the engine holds already, in their order. */
export interface EngineArrangement
  extends Pick<
    EngineDataset,
    'fingerprint' | 'findings' | 'splits' | 'patients' | 'labels' | 'parts' | 'marked'
  > {
  /** Fingerprint of the set that this is about. */
  readonly arranges: string;
}

/** What goes over the port from intake to engine: a set, the end of one, or a plane that had been lost on disk. */
export type IntakeMessage =
  | EngineDataset
  | EngineArrangement
  | { readonly gone: true }
  | { readonly film: number; readonly fingerprint: string; readonly plane: Uint8Array | null }
  | { readonly id: number; readonly masks: DrawnMasks | null };

/** What goes back: a plane in the cache is missing or damaged, and is wanted. */
export interface PlaneWanted {
  readonly film: number;
  readonly fingerprint: string;
}

/** And: masks are wanted. The answer has the same `id`; its masks are null where the set is no longer at hand. */
export interface MasksWanted {
  readonly id: number;
  readonly fingerprint: string;
  readonly films: readonly number[];
  readonly findings: readonly string[];
  readonly side: number;
}

/** A small grey picture for lists: size * size bytes at most, true aspect. */
export interface Thumbnail {
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}
