import { describe, expect, it } from 'vitest';
import { normalisePatient, patientOf } from './patient.ts';

describe('normalisePatient', () => {
  it.each([
    'ANONYMISED',
    'Anonymized',
    'anonymous',
    'ANON',
    'anonymisiert',
    'Anonimizado',
    'REMOVED',
    'Removed by anonymizer',
    '[REDACTED]',
    '<hidden>',
    'De-Identified',
    'DEIDENTIFIED',
    'DE IDENTIFIED PATIENT',
    'deid',
    'XXXX',
    'xxx-xx-xxxx',
    'XXXXX^XXX',
    '-',
    '---',
    '.',
    '?',
    '***',
    '_',
    '0',
    '0000000',
    '000-00-0000',
    'n/a',
    'N.A.',
    'NA',
    'none',
    'NULL',
    'No ID',
    'not available',
    'Unknown',
    'PATIENT ID',
    'dummy',
    '匿名',
    'не известно'.replace(' ', ''),
    '   ',
  ])('takes %s for no patient', (id) => {
    expect(normalisePatient(id)).toBeNull();
    expect(patientOf({ path: 'a/b.png', dicom: id })).toEqual({ patient: 'a/b.png', source: 'film' });
  });

  it.each([
    ['ANON-0017', 'ANON-0017'],
    ['Patient 3', 'Patient 3'],
    ['SUBJ_A', 'SUBJ_A'],
    ['A', 'A'],
    ['X', 'X'],
    ['NANCY', 'NANCY'],
    ['Removedov', 'Removedov'],
    ['张三', '张三'],
    ['00000061', '61'],
    ['61.0', '61'],
    [' P-17 ', 'P-17'],
    ['Mu\u0308ller', 'M\u00fcller'],
  ])('takes %s for %s', (id, patient) => {
    expect(normalisePatient(id)).toBe(patient);
  });
});
