// Films to look at: those with a mask where a decoder does best, middling and worst, each with its true and its drawn mask as runs,
// so that a stored report can show them on its own.

import { bitAt, runsOf } from '../../util/bits.ts';
import type { MaskedFilms } from './films.ts';
import { diceOf, iouOf, overlapOf } from './overlap.ts';
import type { MaskExample } from './record.ts';

/** Of each kind. */
const SHOWN = 4;

/** @param masks of the test films, as bits, in their order */
export function examplesOf({ truth, rows }: MaskedFilms, masks: readonly Uint8Array[]): MaskExample[] {
  const pixels = truth.side ** 2;
  const films = [...rows.test.entries()]
    .filter(([, film]) => truth.has(film))
    .map(([i, film]) => {
      const there = new Uint8Array(pixels);
      truth.write(film, there);
      const overlap = overlapOf((at) => bitAt(masks[i]!, at) === 1, there, pixels);
      return { i, film, dice: diceOf(overlap), iou: iouOf(overlap) };
    })
    .sort((a, b) => b.dice - a.dice || a.film - b.film);
  const each = Math.min(SHOWN, Math.floor(films.length / 3) || 1);
  const middle = Math.floor((films.length - each) / 2);
  const ends = films.length > each ? films.slice(-each).reverse() : [];
  const between = films.length > 2 * each ? films.slice(middle, middle + each) : [];
  const of = (place: MaskExample['place'], some: typeof films): MaskExample[] =>
    some.map(({ i, film, dice, iou }) => ({
      film,
      place,
      dice,
      iou,
      truth: runsOf(truth.bits(film), pixels),
      drawn: runsOf(masks[i]!, pixels),
    }));
  return [...of('best', films.slice(0, each)), ...of('median', between), ...of('worst', ends)];
}
