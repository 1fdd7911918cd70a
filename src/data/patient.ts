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

/**
 * Words that anonymisers and programs write instead of a number; they would make one patient of everybody. An ID made of such
 * words alone names nobody, whatever stands between them: "Removed by de-identifier", "[NOT AVAILABLE]".
 */
const NOBODY = new RegExp(
  `^(?:${[
    '(?:de|un)?-?identif(?:ied|ier|y)',
    'deid(?:ed|entification)?',
    'anon(?:im|ym).*',
    'anon',
    'pseudonym.*',
    'remov(?:ed|al)',
    'redact(?:ed|ion)',
    'mask(?:ed)?',
    'hidden|deleted|erased|stripped|cleared|withheld|suppressed|scrubbed|censored|confidential|private',
    'blank|empty|missing|absent|void|nothing',
    'none|null|nil|nan|na|unk|unknown|undefined|unspecified|unassigned|unnamed|noname|noid',
    'inconnue?|desconocid[oa]|unbekannt|sconosciut[oa]|supprim[ée]e?|eliminad[oa]|entfernt|gel[oö]scht|keine?|aucune?|ningun[oa]',
    '匿名.*|無名|无名|无|無|未知|不明|なし|익명.*|없음|аноним.*|обезличен.*|неизвест.*|нет|удал[её]н.*',
    'not|no|by|for|to|is|was|been|has|without|available|known|applicable|given|set|specified|provided|entered|recorded|assigned',
    'patients?|subject|person|name|id|identifier|patientid|pid|mrn|number|value|field|tag|data|dicom',
    'dummy|default|test|example|sample|placeholder|research|study',
  ].join('|')})$`,
);

/** No letter and no digit but noughts: "-", "?????", "***", "0000-00"; or the letter x over and over, as where something was crossed out. */
const CROSSED_OUT = /^(?:x{2,}|[^\p{L}1-9]+)$/iu;
const NOT_APPLICABLE = /^n\s*[./\\]\s*a\.?$/i;

function namesNobody(text: string): boolean {
  if (text === '' || CROSSED_OUT.test(text) || NOT_APPLICABLE.test(text)) return true;
  if (/\p{N}/u.test(text)) return false;
  const joined = text.toLowerCase().replace(/\b(de|un)[\s_-]+(?=identif)/g, '$1');
  const words = joined.split(/[^\p{L}]+/u).filter((word) => word !== '');
  return words.every((word) => NOBODY.test(word) || /^x{2,}$/.test(word));
}

/** One spelling per patient: NIH writes 00000061 in file names and 61 in its table, and accents are composed or not. */
export function normalisePatient(text: string | undefined): string | null {
  const trimmed = (text ?? '')
    .normalize('NFC')
    .replace(/[\p{Cc}\uFEFF\u200B]/gu, '')
    .trim();
  if (/^\d+(?:\.0+)?$/.test(trimmed)) {
    const number = trimmed.replace(/\.0+$/, '').replace(/^0+(?=\d)/, '');
    return number === '0' ? null : number;
  }
  return namesNobody(trimmed) ? null : trimmed;
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
