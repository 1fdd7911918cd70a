// The built-in set: who its patients are, how many films each has and what is on them. A film is a pure
// function of (seed, patient, number), so films can be rendered in any order and again at any size.

import { Rng } from '../../util/rng.ts';
import { drawAnatomy, drawTaking } from './anatomy.ts';
import { type FilmSpec, renderFilm, type SyntheticFilm } from './film.ts';
import {
  drawEffusion,
  drawNodules,
  drawOpacities,
  drawPneumothorax,
  type Findings,
  type Lesion,
  SYNTHETIC_FINDINGS,
  type SyntheticFinding,
} from './findings.ts';

export const SYNTHETIC_NAME = 'Synthetic chest phantoms';

export interface SyntheticEntry {
  /** e.g. synthetic/p0001_02 */
  readonly path: string;
  readonly patient: string;
  /** One 0 or 1 per SYNTHETIC_FINDINGS. */
  readonly labels: Uint8Array;
  readonly spec: FilmSpec;
}

/** Every entry of the set in path order; two to four films per patient. */
export function planSyntheticSet(patients: number, seed: number): SyntheticEntry[] {
  return Array.from({ length: patients }, (_, patient) => planPatient(seed, patient)).flat();
}

export function renderEntry(entry: SyntheticEntry, size: number): SyntheticFilm {
  return renderFilm(entry.spec, size);
}

/** Heart and nodules stay with the patient; the other findings come and go between films. */
function planPatient(seed: number, patient: number): SyntheticEntry[] {
  const rng = new Rng(seed, 'synthetic', patient, 1);
  const healthy = rng.chance(0.25);
  const prone = (chance: number) => rng.chance(chance) && !healthy;
  const cardiomegaly = prone(0.36);
  const anatomy = drawAnatomy(seed, patient, cardiomegaly);
  const drawn = drawNodules(rng, anatomy);
  const nodules: Lesion[] = prone(0.36) ? drawn : [];
  const proneTo = { opacity: prone(0.5), effusion: prone(0.55), pneumothorax: prone(0.42) };
  const id = `p${String(patient + 1).padStart(4, '0')}`;

  return Array.from({ length: 2 + rng.int(3) }, (_, number) => {
    const own = new Rng(seed, 'synthetic', patient, 2, number);
    const findings: Findings = {
      opacities: own.chance(0.7) && proneTo.opacity ? drawOpacities(own, anatomy) : [],
      nodules,
      effusion: own.chance(0.7) && proneTo.effusion ? drawEffusion(own) : null,
      pneumothorax: own.chance(0.75) && proneTo.pneumothorax ? drawPneumothorax(own) : null,
      cardiomegaly,
    };
    return {
      path: `synthetic/${id}_${String(number + 1).padStart(2, '0')}`,
      patient: id,
      labels: Uint8Array.from(SYNTHETIC_FINDINGS, (finding) => Number(has(findings, finding))),
      spec: { anatomy, taking: drawTaking(own), findings, seed: own.word() },
    };
  });
}

function has(findings: Findings, finding: SyntheticFinding): boolean {
  switch (finding) {
    case 'Opacity':
      return findings.opacities.length > 0;
    case 'Nodule':
      return findings.nodules.length > 0;
    case 'Effusion':
      return findings.effusion !== null;
    case 'Pneumothorax':
      return findings.pneumothorax !== null;
    case 'Cardiomegaly':
      return findings.cardiomegaly;
  }
}
