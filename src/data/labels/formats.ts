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
import { splitOfList } from '../split.ts';
import {
  cellReader,
  NIH_FINDINGS,
  PATIENT_COLUMNS,
  plainName,
  SPLIT_COLUMNS,
  VIEW_COLUMNS,
} from './columns.ts';
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
  markFrom,
  namesFilms,
  type Plan,
  type Row,
} from './reading.ts';
import { columnOf, columnsNamed, type Survey } from './survey.ts';

const NO_LABELS = { findings: [], labelsOf: () => new Uint8Array(0) } as const;

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
      const boxOf = boxReader(
        ['x', 'y', 'width', 'height'].map((name) => at(survey, name)),
        false,
      );
      return {
        words: LABEL_FORMATS['rsna-boxes'].name,
        findings: [finding],
        labelsOf: (row) => Uint8Array.of(read(row[target])),
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
    detect: (survey) => has(survey, 'imageid', 'classname', 'radid', 'xmin', 'ymin', 'xmax', 'ymax'),
    plan(survey, choice) {
      const [finding, reader] = [at(survey, 'classname'), at(survey, 'radid')];
      const boxOf = boxReader(
        ['xmin', 'ymin', 'xmax', 'ymax'].map((name) => at(survey, name)),
        true,
      );
      const [width, height] = [at(survey, 'width'), at(survey, 'height')];
      const frameOf = (row: Row): [number, number] | null =>
        Number(row[width]) > 0 && Number(row[height]) > 0 ? [Number(row[width]), Number(row[height])] : null;
      const readers = choice.readers ?? 'majority';
      return {
        words: LABEL_FORMATS.vinbig.name,
        ...listed(survey, finding, choice),
        markOf: (row) => markFrom(boxOf(row), row[finding] ?? '', row[reader] ?? '', frameOf(row)),
        readerOf: (row) => row[reader] ?? '',
        manyRows: true,
        notes: [`A finding holds where ${READERS[readers]} of a film's readers names it.`],
      };
    },
  },
  'nih-labels': {
    detect: (survey) =>
      namesFilms(survey) &&
      listColumns(survey).some((c) => plainName(survey.columns[c]!.name) === 'findinglabels'),
    plan: (survey, choice) => ({
      words: LABEL_FORMATS['nih-labels'].name,
      ...listed(survey, at(survey, 'findinglabels'), choice),
      manyRows: false,
      notes: [],
    }),
  },
  'nih-list': {
    detect: (survey) => !survey.headed && survey.columns.length === 1,
    plan: (survey) => ({
      ...NO_LABELS,
      words: LABEL_FORMATS['nih-list'].name,
      splitOfAll: splitOfList(survey.file),
      manyRows: false,
      notes: [],
    }),
  },
  'mlvicx-list': {
    detect: (survey) => !survey.headed && survey.columns.length > 1,
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
        splitOfAll: splitOfList(survey.file),
        manyRows: false,
        notes: [],
      };
    },
  },
  classes: {
    detect: (survey) => namesFilms(survey) && listColumns(survey).length > 0,
    plan(survey, choice) {
      const column = classColumn(survey, choice.classColumn);
      const words = `classes in the column "${survey.columns[column]?.name ?? ''}"`;
      return { words, ...listed(survey, column, choice), classColumn: column, manyRows: false, notes: [] };
    },
  },
  chexpert: {
    detect: (survey) =>
      (has(survey, 'path') || has(survey, 'studyid')) &&
      binaryColumns(survey).found.some((column) => survey.columns[column]!.uncertain > 0),
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

/** @throws AppError labels-unreadable when the column is not there, or has too many entries to be classes */
function classColumn(survey: Survey, wanted: string | undefined): number {
  if (wanted === undefined) return listColumns(survey)[0] ?? -1;
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

export interface SideColumns {
  readonly patient: number;
  readonly split: number;
  readonly view: number;
}

/** Where patient, split and view stand; -1 where nowhere. @throws AppError labels-unreadable for a name that is not there */
export function sideColumns({ columns, file }: Survey, choice: LabelChoice): SideColumns {
  const find = (wanted: string | null | undefined, names: readonly string[]) => {
    if (wanted === null) return -1;
    if (wanted === undefined) return columnsNamed(columns, names)[0] ?? -1;
    const column = columnOf(columns, wanted);
    if (column < 0) throw new AppError('labels-unreadable', `${file} has no column "${wanted}".`);
    return column;
  };
  return {
    patient: find(choice.patientColumn, PATIENT_COLUMNS),
    split: find(choice.splitColumn, SPLIT_COLUMNS),
    view: find(undefined, VIEW_COLUMNS),
  };
}
