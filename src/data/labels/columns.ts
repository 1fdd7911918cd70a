// What the columns of a label file mean: tables of names, and the meaning of a cell.
// Names are compared without case, spaces and punctuation, so "Image Index" and image_index are one.

import { LABEL_NEGATIVE, LABEL_POSITIVE, LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import type { Blank, Uncertain } from '../../protocol/labels.ts';

/** Lower case, letters and digits only. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Columns that may name the image, likeliest first; the one that matches most images is taken. */
export const FILE_COLUMNS: readonly string[] = [
  'imageindex',
  'file',
  'filename',
  'filepath',
  'image',
  'imagename',
  'imagefile',
  'imagefilename',
  'imagepath',
  'path',
  'imageid',
  'img',
  'dicomid',
  'sopinstanceuid',
  'name',
  'id',
  'patientid',
];

/** Columns that hold a list of findings, separated by "|", or the one class of the film. */
export const LIST_COLUMNS: readonly string[] = [
  'findinglabels',
  'findings',
  'labels',
  'label',
  'finding',
  'class',
  'classname',
  'diagnosis',
];

export const PATIENT_COLUMNS: readonly string[] = ['patientid', 'patient', 'subjectid', 'subject', 'pid'];
export const SPLIT_COLUMNS: readonly string[] = ['split', 'subset', 'partition'];
/** How the film was taken: PA, AP or lateral. */
export const VIEW_COLUMNS: readonly string[] = ['viewposition', 'view', 'frontallateral', 'projection'];

/** Columns of 0 and 1 that say nothing about what is seen on the film, and why. */
export const NOT_FINDINGS: Readonly<Record<string, string>> = {
  idmatched: 'how the film was chosen',
  followup: 'number of the visit',
  visit: 'number of the visit',
  age: 'about the person',
  patientage: 'about the person',
  sex: 'about the person',
  gender: 'about the person',
  patientsex: 'about the person',
  patientgender: 'about the person',
  male: 'about the person',
  female: 'about the person',
  view: 'how the film was taken',
  viewposition: 'how the film was taken',
  frontal: 'how the film was taken',
  lateral: 'how the film was taken',
  frontallateral: 'how the film was taken',
  pa: 'how the film was taken',
  ap: 'how the film was taken',
  appa: 'how the film was taken',
  portable: 'how the film was taken',
  train: 'a split',
  val: 'a split',
  valid: 'a split',
  validation: 'a split',
  test: 'a split',
  fold: 'a split',
  originalsplit: 'a split',
  officiallist: 'a split',
  nofinding: 'the absence of findings',
  normal: 'the absence of findings',
  healthy: 'the absence of findings',
  index: 'number of the row',
  unnamed0: 'number of the row',
  width: 'size of the film',
  height: 'size of the film',
  x: 'position of a box',
  y: 'position of a box',
};

/** Classes and list entries that mean "nothing found"; they make a film negative for every finding. */
const NORMAL_WORDS = new Set(['nofinding', 'nofindings', 'normal', 'healthy', 'none', 'negative', 'control']);
export const isNormalWord = (word: string): boolean => NORMAL_WORDS.has(plainName(word));

/** The fourteen of ChestX-ray14 in the order in which they are usually reported. */
export const NIH_FINDINGS: readonly string[] = [
  'Atelectasis',
  'Cardiomegaly',
  'Effusion',
  'Infiltration',
  'Mass',
  'Nodule',
  'Pneumonia',
  'Pneumothorax',
  'Consolidation',
  'Edema',
  'Emphysema',
  'Fibrosis',
  'Pleural_Thickening',
  'Hernia',
];
const NIH_ORDER = NIH_FINDINGS.map(plainName);

/** ChestX-ray14 findings in their usual order, then the others by name. */
export function orderFindings(findings: Iterable<string>): string[] {
  const rank = (finding: string) => {
    const at = NIH_ORDER.indexOf(plainName(finding));
    return at < 0 ? NIH_ORDER.length : at;
  };
  return [...findings].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const CELLS: Readonly<Record<string, number>> = {
  '1': LABEL_POSITIVE,
  '1.0': LABEL_POSITIVE,
  true: LABEL_POSITIVE,
  yes: LABEL_POSITIVE,
  '0': LABEL_NEGATIVE,
  '0.0': LABEL_NEGATIVE,
  false: LABEL_NEGATIVE,
  no: LABEL_NEGATIVE,
  '': LABEL_UNKNOWN,
  '-1': LABEL_UNKNOWN,
  '-1.0': LABEL_UNKNOWN,
  nan: LABEL_UNKNOWN,
};

/** A cell of a 0/1 column; blank and -1 (uncertain) are not known. Undefined: this is no such column. */
export function labelOfCell(cell: string | undefined): number | undefined {
  return CELLS[(cell ?? '').trim().toLowerCase()];
}

const POLICY: Readonly<Record<Uncertain | Blank, number>> = {
  ignore: LABEL_UNKNOWN,
  zero: LABEL_NEGATIVE,
  one: LABEL_POSITIVE,
};

/** Reads cells of 0/1 columns under the chosen meaning of -1 and of nothing. */
export function cellReader(uncertain: Uncertain, blank: Blank): (cell: string | undefined) => number {
  return (cell) => {
    const text = (cell ?? '').trim();
    if (text === '') return POLICY[blank];
    return text.startsWith('-') ? POLICY[uncertain] : (labelOfCell(text) ?? LABEL_UNKNOWN);
  };
}

/** Lateral views as NIH, CheXpert, MIMIC-CXR and DICOM (0018,5101) write them. */
const LATERAL = new Set(['lateral', 'll', 'rl', 'lat', 'l', 'llat', 'rlat', 'xtablelateral']);
export const isLateralView = (view: string): boolean => LATERAL.has(plainName(view));
