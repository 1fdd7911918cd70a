// The built-in sets: who the patients of one are, how many films each has and what is on them. A film is a pure function of
// (seed, difficulty, patient, number), so a set is known before any of its films is drawn, and they can be drawn in any
// order and again at any size.

import { Rng } from '../../util/rng.ts';
import { drawAnatomy, drawTaking } from './anatomy.ts';
import { DIFFICULTIES, type Difficulty } from './difficulty.ts';
import { type FilmSpec, renderFilm, type SyntheticFilm } from './film.ts';
import { drawFindings, SYNTHETIC_FINDINGS, type SyntheticFinding } from './findings.ts';
import { TRAPS, type Trap } from './traps.ts';

export const SYNTHETIC_NAME = 'Synthetic chest phantoms';

/** Which set, whatever its size in pixels. */
export interface SyntheticSet {
  readonly patients: number;
  readonly seed: number;
  readonly difficulty: Difficulty;
  /** A mistake that is built in; left out for none. */
  readonly trap?: Trap;
}

export interface SyntheticEntry {
  /** e.g. synthetic/p0001_02 */
  readonly path: string;
  readonly patient: string;
  /** One 0 or 1 per SYNTHETIC_FINDINGS. */
  readonly labels: Uint8Array;
  /** What is drawn at random about the film, made when it is drawn. */
  spec(): FilmSpec;
}

/** Chance that nothing is ever wrong with a patient. */
const HEALTHY = 0.2;
/** Findings that come and go with any other patient, and the chance that a film shows one of them. */
const PRONE_TO = 3;
const SHOWN = 0.45;

/** Side at which films of a difficulty are drawn unless less is wanted, px. */
export const sideOf = (difficulty: Difficulty): number => DIFFICULTIES[difficulty].side;

/** Every entry of the set in path order; two to four films per patient. */
export function planSyntheticSet(set: SyntheticSet): SyntheticEntry[] {
  return Array.from({ length: set.patients }, (_, patient) => planPatient(set, patient)).flat();
}

export function renderEntry(entry: SyntheticEntry, size: number): SyntheticFilm {
  return renderFilm(entry.spec(), size);
}

/**
 * A patient is prone to some findings; each film shows those it shows independently, so that they do not tell who it is, but
 * where the set is a trap of films that are alike.
 */
function planPatient({ seed, difficulty, trap = 'none' }: SyntheticSet, patient: number): SyntheticEntry[] {
  const { marked, alike, namesFilms, people } = TRAPS[trap];
  const usual = DIFFICULTIES[difficulty];
  const row = { ...usual, people: people ?? usual.people };
  const rng = new Rng(seed, 'synthetic', patient, 1);
  const healthy = rng.chance(HEALTHY);
  const order = [...rng.permutation(SYNTHETIC_FINDINGS.length)];
  const proneTo = new Set(healthy ? [] : order.slice(0, PRONE_TO).map((at) => SYNTHETIC_FINDINGS[at]!));
  const id = `p${String(patient + 1).padStart(4, '0')}`;

  return Array.from({ length: 2 + rng.int(3) }, (_, number) => {
    const own = new Rng(seed, 'synthetic', patient, 2, alike ? 0 : number);
    const chosen = SYNTHETIC_FINDINGS.filter((finding) => own.chance(SHOWN) && proneTo.has(finding));
    const shown = new Set<SyntheticFinding>(chosen);
    const film = `${id}_${String(number + 1).padStart(2, '0')}`;
    return {
      path: `synthetic/${film}`,
      patient: namesFilms ? film : id,
      labels: Uint8Array.from(SYNTHETIC_FINDINGS, (finding) => Number(shown.has(finding))),
      spec() {
        const anatomy = drawAnatomy(seed, patient, row);
        const drawn = new Rng(seed, 'synthetic', patient, 3, alike ? 0 : number);
        const findings = drawFindings(drawn, anatomy, row, shown);
        const taking = drawTaking(drawn, row);
        const noise = alike ? new Rng(seed, 'synthetic', patient, 4, number) : drawn;
        const burnt = marked !== null && shown.has(marked);
        return { anatomy, findings, taking, seed: noise.word(), burnt };
      },
    };
  });
}
