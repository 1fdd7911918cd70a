// The readers of label files, one per row of LABEL_FORMATS: how a survey gives the format away, and what a row says
// once the options are chosen. Which film a row means, and what happens when rows meet, is merge.ts.

import { LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import {
  LABEL_FORMAT_IDS,
  LABEL_FORMATS,
  type LabelChoice,
  type LabelFormatId,
  READERS,
} from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import { FRAME_1024 } from '../marks.ts';
import { NIH_FINDINGS, plainName } from './columns.ts';
import {
  at,
  binary,
  binaryColumns,
  boxReader,
  chosen,
  type FormatReader,
  has,
  listColumns,
  listed,
  listNotes,
  markFrom,
  namesFilms,
  type Plan,
  type Row,
  readerColumn,
} from './reading.ts';
import { columnOf, type Survey } from './survey.ts';
import { cellReader } from './words.ts';

const NO_LABELS = { findings: [], labelsOf: () => new Uint8Array(0), accounted: [] } as const;

const READERS_OF: Readonly<Record<LabelFormatId, FormatReader>> = {
  'nih-boxes': {
    detect: (survey) =>
      has(survey, 'findinglabel') && survey.columns.some(({ name }) => /^bbox\s*\[/i.test(name)),
    plan(survey) {
      const first = survey.columns.findIndex(({ name }) => /^bbox\s*\[/i.test(name));
      const finding = at(survey, 'findinglabel');
      const boxOf = boxReader([first, first + 1, first + 2, first + 3], false);
      return {
        ...NO_LABELS,
        words: LABEL_FORMATS['nih-boxes'].name,
        markOf: (row) => markFrom(boxOf(row), row[finding] ?? '', '', FRAME_1024),
        manyRows: true,
        notes: [],
      };
    },
  },
  'rsna-boxes': {
    detect: (survey) => has(survey, 'patientid', 'x', 'y', 'width', 'height', 'target'),
    plan(survey) {
      const target = at(survey, 'target');
      const finding = survey.columns[target]!.name;
      const read = cellReader('ignore', 'ignore');
      const sides = ['x', 'y', 'width', 'height'].map((name) => at(survey, name));
      const boxOf = boxReader(sides, false);
      return {
        words: LABEL_FORMATS['rsna-boxes'].name,
        findings: [finding],
        labelsOf: (row) => Uint8Array.of(read(row[target])),
        accounted: [target, ...sides],
        markOf: (row) => markFrom(boxOf(row), finding, '', FRAME_1024),
        manyRows: true,
        notes: [],
      };
    },
  },
  'rsna-classes': {
    detect: (survey) => survey.columns.length === 2 && has(survey, 'patientid', 'class'),
    plan: (survey, choice) => ({
      words: LABEL_FORMATS['rsna-classes'].name,
      ...listed(survey, at(survey, 'class'), choice),
      manyRows: true,
      notes: [],
    }),
  },
  siim: {
    detect: (survey) => has(survey, 'imageid', 'encodedpixels'),
    plan(survey) {
      const column = at(survey, 'encodedpixels');
      const runsOf = (row: Row) => (row[column] ?? '').trim();
      const finding = 'Pneumothorax';
      return {
        words: LABEL_FORMATS.siim.name,
        findings: [finding],
        labelsOf: (row) => Uint8Array.of(runsOf(row) === '' ? LABEL_UNKNOWN : Number(runsOf(row) !== '-1')),
        accounted: [column],
        markOf(row) {
          const runs = runsOf(row);
          if (runs === '' || runs === '-1') return null;
          return { kind: 'mask', finding, runs, frame: FRAME_1024 };
        },
        manyRows: true,
        notes: [],
      };
    },
  },
  vinbig: {
    detect: (survey) => has(survey, 'imageid', 'classname', 'xmin', 'ymin', 'xmax', 'ymax'),
    plan(survey, choice) {
      const [finding, reader] = [at(survey, 'classname'), at(survey, 'radid')];
      const corners = ['xmin', 'ymin', 'xmax', 'ymax'].map((name) => at(survey, name));
      const boxOf = boxReader(corners, true);
      const [width, height] = [at(survey, 'width'), at(survey, 'height')];
      const frameOf = (row: Row): [number, number] | null =>
        Number(row[width]) > 0 && Number(row[height]) > 0 ? [Number(row[width]), Number(row[height])] : null;
      return {
        words: LABEL_FORMATS.vinbig.name,
        ...listed(survey, finding, choice),
        // The number of a class says what its name says.
        accounted: [finding, reader, width, height, ...corners, at(survey, 'classid')],
        markOf: (row) => markFrom(boxOf(row), row[finding] ?? '', row[reader] ?? '', frameOf(row)),
        // Without readers the rows of a film are the boxes of one.
        readerOf: (row) => row[reader] ?? '',
        manyRows: true,
        notes: reader < 0 ? [] : readersNote(choice),
      };
    },
  },
  'siim-covid': {
    detect: (survey) => has(survey, 'id', 'boxes', 'label'),
    plan(survey) {
      const label = at(survey, 'label');
      const finding = 'opacity';
      const said = (row: Row) => (row[label] ?? '').trim().toLowerCase();
      return {
        words: LABEL_FORMATS['siim-covid'].name,
        findings: [finding],
        labelsOf: (row) =>
          Uint8Array.of(said(row) === '' ? LABEL_UNKNOWN : Number(/\bopacity\b/.test(said(row)))),
        marksOf: (row) =>
          [...said(row).matchAll(/opacity\s+\S+\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)/g)].flatMap((box) => {
            const mark = markFrom(boxReader([1, 2, 3, 4], true)(box), finding, '', null);
            return mark ? [mark] : [];
          }),
        accounted: [label, at(survey, 'boxes')],
        manyRows: false,
        notes: [],
      };
    },
  },
  readers: {
    detect: (survey) =>
      namesFilms(survey) && readerColumn(survey) >= 0 && binaryColumns(survey).found.length > 0,
    plan(survey, choice) {
      const reader = readerColumn(survey);
      const common = binary(survey, choice);
      return {
        ...common,
        words: LABEL_FORMATS.readers.name,
        readerOf: (row) => row[reader] ?? '',
        accounted: [...common.accounted, reader],
        manyRows: true,
        notes: [...common.notes, ...readersNote(choice)],
      };
    },
  },
  'nih-labels': {
    detect: (survey) =>
      namesFilms(survey) &&
      listColumns(survey).some((c) => plainName(survey.columns[c]!.name) === 'findinglabels'),
    plan: (survey, choice) =>
      classes(survey, at(survey, 'findinglabels'), choice, LABEL_FORMATS['nih-labels'].name),
  },
  'nih-list': {
    detect: (survey) => survey.columns.length === 1 && namesFilms(survey),
    plan: () => ({
      ...NO_LABELS,
      words: LABEL_FORMATS['nih-list'].name,
      splitInName: true,
      manyRows: false,
      notes: [],
    }),
  },
  'mlvicx-list': {
    detect: ({ headed, columns }) =>
      !headed &&
      columns.length > 1 &&
      columns
        .slice(1)
        .every(({ binary: isBinary, senses }) => isBinary && !senses.worded && senses.odd === 0),
    plan(survey, choice) {
      const numbers = survey.columns.length - 1;
      const all =
        numbers === NIH_FINDINGS.length
          ? NIH_FINDINGS
          : Array.from({ length: numbers }, (_, i) => `number ${i + 1}`);
      const findings = chosen(all, choice.findings);
      const columns = findings.map((finding) => all.indexOf(finding) + 1);
      const read = cellReader(choice.uncertain ?? 'ignore', 'ignore');
      return {
        words: LABEL_FORMATS['mlvicx-list'].name,
        findings,
        labelsOf: (row) => Uint8Array.from(columns, (column) => read(row[column])),
        accounted: survey.columns.map((_, column) => column),
        splitInName: true,
        manyRows: false,
        notes: [],
      };
    },
  },
  'class-list': {
    detect: (survey) => !survey.headed && classAfterName(survey) >= 0,
    plan(survey, choice) {
      const column = classColumn(survey, choice.classColumn, classAfterName(survey));
      const plan = classes(survey, column, choice, LABEL_FORMATS['class-list'].name);
      const name = nameColumn(survey);
      const before = name > 0 ? { patientColumn: 0 } : {};
      return { ...plan, ...before, splitInName: true };
    },
  },
  classes: {
    detect: (survey) => namesFilms(survey) && listColumns(survey).length > 0,
    plan(survey, choice) {
      const column = classColumn(survey, choice.classColumn, listColumns(survey)[0] ?? -1);
      const plan = classes(
        survey,
        column,
        choice,
        `classes in the column "${survey.columns[column]?.name ?? ''}"`,
      );
      const beside = binaryColumns(survey).found.filter((other) => other !== column);
      const names = beside.map((other) => `"${survey.columns[other]!.name}"`).join(', ');
      const note = `Columns of 0 and 1 are there too and were not read: ${names}. Read the file as columns of 0 and 1 to take them.`;
      return {
        ...plan,
        accounted: [...plan.accounted, ...beside],
        notes: beside.length > 0 ? [...plan.notes, note] : plan.notes,
      };
    },
  },
  chexpert: {
    detect: (survey) =>
      (has(survey, 'path') || has(survey, 'studyid')) &&
      (has(survey, 'frontallateral') ||
        binaryColumns(survey).found.some((column) => survey.columns[column]!.uncertain > 0)) &&
      binaryColumns(survey).found.length > 0,
    plan: (survey, choice) => ({
      words: LABEL_FORMATS.chexpert.name,
      ...binary(survey, choice),
      manyRows: false,
    }),
  },
  columns: {
    detect: (survey) => namesFilms(survey) && binaryColumns(survey).found.length > 0,
    plan: (survey, choice) => ({
      words: LABEL_FORMATS.columns.name,
      ...binary(survey, choice),
      manyRows: false,
    }),
  },
  patients: {
    detect: namesFilms,
    plan: (survey) => ({
      ...NO_LABELS,
      words: LABEL_FORMATS.patients.name,
      manyRows: false,
      notes: binaryColumns(survey).notes,
    }),
  },
};

const readersNote = ({ readers = 'majority' }: LabelChoice): string[] => [
  `A finding holds where ${READERS[readers]} of a film's readers names it.`,
];

/** A plan of classes or lists in a column; readers vote where a column says who read the film. */
function classes(survey: Survey, column: number, choice: LabelChoice, words: string): Omit<Plan, 'format'> {
  const plan = listed(survey, column, choice);
  const reader = readerColumn(survey);
  const common = { ...plan, words, manyRows: false, notes: listNotes(survey, column) };
  if (reader < 0) return common;
  return {
    ...common,
    readerOf: (row) => row[reader] ?? '',
    accounted: [column, reader],
    manyRows: true,
    notes: [...common.notes, ...readersNote(choice)],
  };
}

/** The column of a headless table that names most films. */
function nameColumn({ columns }: Survey): number {
  const counts = columns.map(({ matches }) => matches?.count ?? -1);
  return counts.indexOf(Math.max(...counts));
}

/** The first column behind the names that holds classes: few entries, repeated, and no numbers of rows. */
function classAfterName(survey: Survey): number {
  const name = nameColumn(survey);
  return survey.columns.findIndex(
    ({ entries }, column) =>
      column > name && entries !== null && entries.size >= 2 && entries.size <= Math.max(2, survey.rows / 2),
  );
}

/** @throws AppError labels-unreadable when the column is not there, or has too many entries to be classes */
function classColumn(survey: Survey, wanted: string | undefined, detected: number): number {
  if (wanted === undefined) return detected;
  const column = columnOf(survey.columns, wanted);
  const { file } = survey;
  if (column < 0) throw new AppError('labels-unreadable', `${file} has no column "${wanted}".`);
  if (survey.columns[column]!.entries === null) {
    throw new AppError(
      'labels-unreadable',
      `the column "${wanted}" of ${file} has too many entries to be classes.`,
    );
  }
  return column;
}

/** The format of a table, or null where nothing gives it away. */
export const detectFormat = (survey: Survey): LabelFormatId | null =>
  LABEL_FORMAT_IDS.find((id) => READERS_OF[id].detect(survey)) ?? null;

/** @throws AppError labels-unreadable */
export function planTable(survey: Survey, format: LabelFormatId, choice: LabelChoice): Plan {
  return { format, ...READERS_OF[format].plan(survey, choice) };
}
