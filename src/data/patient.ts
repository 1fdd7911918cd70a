// Whose film is it? Everything that must not leak between splits hangs on this answer.
// The label file's word comes first, then the DICOM header, then naming customs of public sets; a film that
// says nothing counts as a patient of its own, which the split rule reports.

export type PatientSource = 'column' | 'dicom' | 'name' | 'film';

export interface PatientAnswer {
  readonly patient: string;
  readonly source: PatientSource;
}

interface Custom {
  /** The set whose custom this is. */
  readonly set: string;
  /** Matched against the last part of the path, or against each folder of it. */
  readonly where: 'file' | 'folder';
  /** The first group is the patient. */
  readonly pattern: RegExp;
}

/** One row per naming custom; the first that matches answers. */
const CUSTOMS: readonly Custom[] = [
  { set: 'NIH ChestX-ray14', where: 'file', pattern: /^(\d{8})_\d{3}(?:\.[a-z]+)?$/i },
  { set: 'Kermany, pneumonia', where: 'file', pattern: /^(person\d+)_(?:bacteria|virus)_\d+/i },
  { set: 'Kermany, normal', where: 'file', pattern: /^((?:NORMAL\d+-)?IM-\d+)-\d+/i },
  { set: 'CheXpert', where: 'folder', pattern: /^(patient\d+)$/i },
  { set: 'MIMIC-CXR', where: 'folder', pattern: /^(p\d{8})$/i },
  { set: 'ours, synthetic', where: 'file', pattern: /^(p\d{4,})_\d{2}$/i },
];

/** What anonymisers write instead of a number; it would make one patient of everybody. */
const NO_PATIENT = new Set([
  '',
  '0',
  'none',
  'null',
  'nan',
  'na',
  'unknown',
  'anon',
  'anonymous',
  'anonymized',
]);

/** One spelling per patient: NIH writes 00000061 in file names and 61 in its table. */
export function normalisePatient(text: string | undefined): string | null {
  const trimmed = (text ?? '').trim();
  if (/^\d+(?:\.0+)?$/.test(trimmed)) {
    const number = trimmed.replace(/\.0+$/, '').replace(/^0+(?=\d)/, '');
    return number === '0' ? null : number;
  }
  return NO_PATIENT.has(trimmed.toLowerCase()) ? null : trimmed;
}

/** The patient that a path names by one of the known customs, or null. */
export function patientFromPath(path: string): string | null {
  const parts = path.split('/');
  const file = parts.pop() ?? '';
  for (const { where, pattern } of CUSTOMS) {
    for (const part of where === 'file' ? [file] : parts) {
      const found = pattern.exec(part)?.[1];
      if (found) return normalisePatient(found);
    }
  }
  return null;
}

export interface PatientClues {
  readonly path: string;
  /** The label file's patient column. */
  readonly column?: string | undefined;
  /** DICOM (0010,0020). */
  readonly dicom?: string | undefined;
}

export function patientOf({ path, column, dicom }: PatientClues): PatientAnswer {
  const fromColumn = normalisePatient(column);
  if (fromColumn) return { patient: fromColumn, source: 'column' };
  const fromHeader = normalisePatient(dicom);
  if (fromHeader) return { patient: fromHeader, source: 'dicom' };
  const fromName = patientFromPath(path);
  if (fromName) return { patient: fromName, source: 'name' };
  return { patient: path, source: 'film' };
}
