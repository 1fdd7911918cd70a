// Label files across the seam: the table of formats and their options, what a person chooses, and what a look at
// a folder's label files found. The readers of these formats are in data/labels/formats.ts, one per row here;
// the page's form, the runner's words and the table in docs/data.md are all taken from these rows.

import type { WireError } from '../util/errors.ts';
import type { LabelReport, Placement, SkippedFile } from './dataset.ts';

interface FormatRow {
  readonly name: string;
  /** The set it comes from, and the name the file usually has. */
  readonly from: string;
  /** What in the file gives it away. */
  readonly sign: string;
  readonly gives: readonly ('labels' | 'boxes' | 'masks' | 'split' | 'patients')[];
  /** Which of LABEL_OPTIONS apply. */
  readonly options: readonly LabelOption[];
}

/** What can be chosen about a label file, and what it is called in the page. */
export const LABEL_OPTIONS = {
  fileColumn: 'Film named by',
  classColumn: 'Classes in',
  separator: 'List parted by',
  patientColumn: 'Patient',
  splitColumn: 'Split',
  findings: 'Findings',
  uncertain: '-1 means',
  blank: 'Blank means',
  readers: 'Readers',
} as const;
export type LabelOption = keyof typeof LABEL_OPTIONS;

/** How -1 ("uncertain") is read; names as in the CheXpert paper (U-Ignore, U-Zeros, U-Ones). */
export const UNCERTAIN = { ignore: 'not known', zero: 'absent', one: 'present' } as const;
export type Uncertain = keyof typeof UNCERTAIN;

/** How a blank cell of a 0/1 column is read. */
export const BLANK = { ignore: 'not known', zero: 'absent' } as const;
export type Blank = keyof typeof BLANK;

/** When several readers looked at one film: how many must name a finding for it to hold. */
export const READERS = {
  majority: 'more than half',
  any: 'at least one',
  all: 'every reader',
} as const;
export type Readers = keyof typeof READERS;

/** What parts the findings in one cell, and what it is called. */
export const LIST_SEPARATORS = {
  '|': '|',
  ';': ';',
  ',': 'comma',
  '/': '/',
  '+': '+',
  '&': '&',
  ' and ': 'and',
  '\n': 'line break',
  ' ': 'blank',
  _: '_',
  literal: 'list in brackets',
} as const;
export type ListSeparator = keyof typeof LIST_SEPARATORS;

const COLUMNS = ['fileColumn', 'patientColumn', 'splitColumn'] as const;

/** In the order in which they are tried. */
export const LABEL_FORMATS = {
  'nih-boxes': {
    name: 'NIH boxes',
    from: 'ChestX-ray14, BBox_List_2017.csv',
    sign: 'columns Image Index, Finding Label and four under "Bbox [x,y,w,h]"',
    gives: ['boxes'],
    options: [],
  },
  'rsna-boxes': {
    name: 'RSNA pneumonia, boxes',
    from: 'RSNA 2018, stage_2_train_labels.csv',
    sign: 'columns patientId, x, y, width, height and Target',
    gives: ['labels', 'boxes'],
    options: [],
  },
  'rsna-classes': {
    name: 'RSNA pneumonia, classes',
    from: 'RSNA 2018, stage_2_detailed_class_info.csv',
    sign: 'columns patientId and class, no others',
    gives: ['labels'],
    options: [],
  },
  siim: {
    name: 'SIIM-ACR pneumothorax masks',
    from: 'SIIM-ACR 2019, train-rle.csv',
    sign: 'columns ImageId and EncodedPixels',
    gives: ['labels', 'masks'],
    options: [],
  },
  vinbig: {
    name: 'VinBigData, several readers',
    from: 'VinBigData 2021, train.csv',
    sign: 'columns image_id, class_name and x_min to y_max, mostly rad_id',
    gives: ['labels', 'boxes'],
    options: ['readers', 'findings'],
  },
  'siim-covid': {
    name: 'SIIM-FISABIO-RSNA, opacities',
    from: 'SIIM COVID-19 2021, train_image_level.csv',
    sign: 'columns id, boxes and label, the label "opacity 1 x y x y" or "none 1 0 0 1 1"',
    gives: ['labels', 'boxes'],
    options: [],
  },
  readers: {
    name: 'columns of 0 and 1, several readers',
    from: 'VinDr-CXR, image_labels_train.csv',
    sign: 'a file column, a column such as rad_id, and columns of 0 and 1',
    gives: ['labels', 'patients', 'split'],
    options: ['readers', ...COLUMNS, 'findings', 'uncertain', 'blank'],
  },
  'nih-labels': {
    name: 'NIH finding labels',
    from: 'ChestX-ray14, Data_Entry_2017(_v2020).csv',
    sign: 'a column Finding Labels with entries separated by "|"',
    gives: ['labels', 'patients', 'split'],
    options: ['separator', ...COLUMNS, 'findings'],
  },
  'nih-list': {
    name: 'list of names',
    from: 'ChestX-ray14, train_val_list.txt and test_list.txt',
    sign: 'one column of file names; the split stands in the name of the list',
    gives: ['split'],
    options: [],
  },
  'mlvicx-list': {
    name: 'names with numbers',
    from: 'MLVICX, Xray14_train_official.txt and its like',
    sign: 'a file name and numbers of 0 and 1 a line, no header; fourteen numbers are the NIH findings',
    gives: ['labels', 'split'],
    options: ['findings'],
  },
  'class-list': {
    name: 'names with classes',
    from: 'COVIDx, train_COVIDx9A.txt and its like',
    sign: 'a file name and a class a line, no header; a person may stand before, a source after',
    gives: ['labels', 'patients', 'split'],
    options: ['classColumn', 'separator', ...COLUMNS, 'findings'],
  },
  classes: {
    name: 'one column of classes',
    from: 'any CSV or TSV; PadChest',
    sign: 'a file column, and a column such as "label" with classes or lists of findings',
    gives: ['labels', 'patients', 'split'],
    options: ['classColumn', 'separator', ...COLUMNS, 'findings'],
  },
  chexpert: {
    name: 'CheXpert labels',
    from: 'CheXpert, train.csv; MIMIC-CXR, mimic-cxr-2.0.0-chexpert.csv.gz',
    sign: 'columns of 1, 0, -1 and blank beside Path or study_id',
    gives: ['labels', 'patients', 'split'],
    options: ['uncertain', 'blank', ...COLUMNS, 'findings'],
  },
  columns: {
    name: 'columns of 0 and 1',
    from: 'any CSV or TSV',
    sign: 'a file column, and columns that hold 0, 1, -1, yes, no or nothing',
    gives: ['labels', 'patients', 'split'],
    options: [...COLUMNS, 'findings', 'uncertain', 'blank'],
  },
  patients: {
    name: 'patients or splits only, no findings',
    from: 'any CSV or TSV',
    sign: 'a file column, and nothing that could be a finding',
    gives: ['patients', 'split'],
    options: [...COLUMNS],
  },
} as const satisfies Record<string, FormatRow>;

export type LabelFormatId = keyof typeof LABEL_FORMATS;
export const LABEL_FORMAT_IDS = Object.keys(LABEL_FORMATS) as LabelFormatId[];
export const labelFormat = (id: LabelFormatId): FormatRow => LABEL_FORMATS[id];

/** What a person decided about one table; what is left out is detected. */
export interface TableChoice {
  readonly format?: LabelFormatId;
  readonly fileColumn?: string;
  /** The column that holds the class of a film, or a list of findings. */
  readonly classColumn?: string;
  /** What parts the findings there; none: each cell is one class. */
  readonly separator?: ListSeparator | 'none';
  /** Null: none. */
  readonly patientColumn?: string | null;
  readonly splitColumn?: string | null;
}

/** What a person decided about the labels; what is left out is detected. What is said of no table is about every one. */
export interface LabelChoice extends TableChoice {
  /** Path of the one table that gives labels, persons and parts; null takes none of the tables. */
  readonly file?: string | null;
  /** Paths of the tables that are used together, where that was chosen. */
  readonly use?: readonly string[];
  /** By path of the table. */
  readonly tables?: Readonly<Record<string, TableChoice>>;
  /** Columns or classes to take as findings. */
  readonly findings?: readonly string[];
  readonly uncertain?: Uncertain;
  readonly blank?: Blank;
  readonly readers?: Readers;
  /** Which part a word of a split column, list or folder stands for; the words in lower case. */
  readonly parts?: Readonly<Record<string, Placement>>;
}

/** How a table is used beside the others. */
export const TABLE_ROLES = {
  labels: 'gives the labels',
  stacked: 'more rows of the same table',
  joined: 'joined',
  marks: 'drawn over the films',
  list: 'gives the split',
  unused: 'not used',
} as const;
export type TableRole = keyof typeof TABLE_ROLES;

/** What its rows are about, and how the join is called. */
export const JOIN_LEVELS = { film: 'by film', study: 'by study or folder', patient: 'by person' } as const;

export interface TableUse {
  readonly role: TableRole;
  readonly by: keyof typeof JOIN_LEVELS;
  /** Films that its rows speak of. */
  readonly films: number;
  /** The table whose keys it was found by, where its own rows name no film. */
  readonly through?: string;
  /** Why it is not used, or what is not used of it. */
  readonly reason?: string;
}

/** A word that stands for no known part, and the films that are in no part because of it. */
export interface UnknownPart {
  readonly word: string;
  readonly films: number;
}

/** What is known of the lists in a column. */
export interface ListQuestion {
  /** Taken; null: each cell is one class. */
  readonly separator: ListSeparator | null;
  /** Nothing in the table says for certain whether this parts the findings. */
  readonly asked: ListSeparator | null;
  /** A cell that is asked about. */
  readonly example: string;
}

export interface ScannedColumn {
  readonly name: string;
  /** binary: only 0, 1, -1, blank. classes: few different entries. */
  readonly kind: 'binary' | 'classes' | 'text';
  /** Rows whose cell names a film; -1 where the column was not tried. */
  readonly matches: number;
  /** Cells that say -1, in a binary column. */
  readonly uncertain: number;
}

/** One label file as it was understood, before anything is applied. */
export interface ScannedTable {
  readonly path: string;
  /** Null when it could not be understood; then `error` says why. */
  readonly format: LabelFormatId | null;
  readonly error: WireError | null;
  readonly rows: number;
  /** Rows that name a film of the folder. */
  readonly matched: number;
  readonly columns: readonly ScannedColumn[];
  readonly fileColumn: string | null;
  readonly classColumn: string | null;
  readonly patientColumn: string | null;
  readonly splitColumn: string | null;
  /** What is taken as findings unless something else is chosen. */
  readonly findings: readonly string[];
  /** What could be taken as well: columns of 0 and 1 about the person or the taking. */
  readonly furtherFindings: readonly string[];
  /** Absent when it could not be understood. */
  readonly use?: TableUse;
  readonly list?: ListQuestion;
}

/** All label files of a folder, and what applying the choice would give. */
export interface LabelScan {
  readonly tables: readonly ScannedTable[];
  readonly report: LabelReport | null;
  readonly findings: readonly string[];
  readonly positives: readonly number[];
  readonly negatives?: readonly number[];
  /** Films in each part as given; absent where nothing gives a split. */
  readonly parts?: Readonly<Record<Placement, number>>;
  readonly films: number;
  readonly unknownParts?: readonly UnknownPart[];
  /** Files that are no films, films that are there twice, tables that were not understood: where no film was opened. */
  readonly leftOut?: readonly SkippedFile[];
}

/** What can be wrong between rows and films, and how it is said. */
export const MATCH_PROBLEMS = {
  'no-film': { one: 'row without a film', many: 'rows without a film' },
  'no-row': { one: 'film without a row', many: 'films without a row' },
  ambiguous: { one: 'row that fits several films', many: 'rows that fit several films' },
  duplicate: { one: 'repeated row', many: 'repeated rows' },
  conflict: { one: 'row that contradicts another', many: 'rows that contradict another' },
} as const;
export type MatchProblem = keyof typeof MATCH_PROBLEMS;

/** One of them. Names stay on this machine: they are shown on request and never enter a run's report. */
export interface MatchExample {
  readonly problem: MatchProblem;
  /** File of the table; empty for a film without a row. */
  readonly file: string;
  /** Row of the table, counted from 1 after the header; 0 for a film without a row. */
  readonly row: number;
  readonly name: string;
}
