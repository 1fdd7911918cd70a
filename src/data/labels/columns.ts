// What the columns of a label file are called: tables of names. What a cell says is words.ts.
// Names are compared without case, spaces and punctuation, so "Image Index" and image_index are one.

/** Lower case, letters and digits only. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Columns that name an image and nothing else, likeliest first. */
const IMAGE_COLUMNS: readonly string[] = [
  'imageindex',
  'file',
  'filename',
  'filepath',
  'image',
  'imagename',
  'imagefile',
  'imagefilename',
  'imagepath',
  'pathtoimage',
  'imageid',
  'imageuid',
  'img',
  'imgname',
  'imgpath',
  'imgid',
  'dicomid',
  'dicom',
  'dicompath',
  'dicomfile',
  'pngpath',
  'sopinstanceuid',
];

/** Columns that may name an image, or a folder, study or person. */
const GENERAL_COLUMNS: readonly string[] = ['path', 'name', 'id', 'uid', 'patientid', 'studyinstanceuid'];

/** Columns that may name the image, likeliest first; the one that matches most images is taken. */
export const FILE_COLUMNS: readonly string[] = [...IMAGE_COLUMNS, ...GENERAL_COLUMNS];
/** A table with such a column speaks of images; where it matches none, its rows are about other films. */
export const isImageColumn = (name: string): boolean => IMAGE_COLUMNS.includes(plainName(name));

/** Columns that hold a list of findings, or the one class of the film. */
export const LIST_COLUMNS: readonly string[] = [
  'findinglabels',
  'findinglabel',
  'findings',
  'finding',
  'labels',
  'label',
  'problems',
  'class',
  'classes',
  'classname',
  'diagnosis',
  'diagnoses',
  'pathology',
  'pathologies',
  'disease',
  'diseases',
  'category',
];

export const PATIENT_COLUMNS: readonly string[] = [
  'patientid',
  'patient',
  'patientnumber',
  'deidpatientid',
  'subjectid',
  'subjid',
  'subject',
  'personid',
  'pid',
];

/** Columns that name a study: all films of one visit. */
export const STUDY_COLUMNS: readonly string[] = [
  'studyid',
  'study',
  'studyinstanceuid',
  'studyuid',
  'accessionnumber',
  'accession',
  'examid',
  'exam',
  'seriesinstanceuid',
  'seriesid',
];

/** Columns that name the folder of a film. */
export const FOLDER_COLUMNS: readonly string[] = [
  'folder',
  'dir',
  'directory',
  'imagedir',
  'imagefolder',
  'imagedirectory',
];

/** Who read the film. */
export const READER_COLUMNS: readonly string[] = [
  'radid',
  'reader',
  'readerid',
  'rater',
  'raterid',
  'radiologist',
  'radiologistid',
  'annotator',
  'annotatorid',
  'observer',
];

/** Columns that say a split whatever is in them. */
export const SPLIT_COLUMNS: readonly string[] = ['split', 'subset', 'partition', 'datasplit', 'splits'];
/** Columns that say a split where one of their words is a part. */
export const MAYBE_SPLIT_COLUMNS: readonly string[] = [
  'fold',
  'set',
  'phase',
  'dataset',
  'datasettype',
  'usage',
  'group',
  'part',
  'mode',
  'purpose',
  'type',
];
/** How the film was taken: PA, AP or lateral. */
export const VIEW_COLUMNS: readonly string[] = [
  'viewposition',
  'view',
  'frontallateral',
  'projection',
  'viewpoint',
];

const KNOWN = new Set([
  ...FILE_COLUMNS,
  ...LIST_COLUMNS,
  ...PATIENT_COLUMNS,
  ...STUDY_COLUMNS,
  ...SPLIT_COLUMNS,
  ...VIEW_COLUMNS,
  ...READER_COLUMNS,
]);
/** Is this what a column is called, and no cell? */
export const isColumnName = (cell: string): boolean => KNOWN.has(plainName(cell));

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
  split: 'a split',
  subset: 'a split',
  partition: 'a split',
  datasplit: 'a split',
  dataset: 'a split',
  set: 'a split',
  phase: 'a split',
  usage: 'a split',
  originalsplit: 'a split',
  officiallist: 'a split',
  istrain: 'a split',
  isval: 'a split',
  isvalid: 'a split',
  istest: 'a split',
  holdout: 'a split',
  isfrontal: 'how the film was taken',
  islateral: 'how the film was taken',
  nofinding: 'the absence of findings',
  nofindings: 'the absence of findings',
  noabnormality: 'the absence of findings',
  negativeforpneumonia: 'the absence of findings',
  isnormal: 'the absence of findings',
  normal: 'the absence of findings',
  healthy: 'the absence of findings',
  index: 'number of the row',
  unnamed0: 'number of the row',
  width: 'size of the film',
  height: 'size of the film',
  x: 'position of a box',
  y: 'position of a box',
};

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

/** Lateral views as NIH, CheXpert, MIMIC-CXR and DICOM (0018,5101) write them. */
const LATERAL = new Set(['lateral', 'll', 'rl', 'lat', 'l', 'llat', 'rlat', 'xtablelateral']);
export const isLateralView = (view: string): boolean => LATERAL.has(plainName(view));
