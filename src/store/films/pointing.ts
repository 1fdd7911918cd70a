// How often a class map points at what is drawn on films: the pointing game over the test films that have a finding and whose
// place is known, beside the middle of the film, and how much of the map lies inside beside how much of the film does.

import { create } from 'zustand';
import { LABEL_POSITIVE, SPLITS } from '../../protocol/dataset.ts';
import type { FilmMarks } from '../../protocol/film.ts';
import type { ClassMap } from '../../protocol/looks.ts';
import { type Inside, type IsInside, insideArea, meanInside } from '../../tasks/scores/pointing.ts';
import { toWire } from '../../util/errors.ts';
import { currentClient } from '../client.ts';
import { fetchMarks } from './arrange.ts';
import { useDataset } from './dataset.ts';
import { useClassMap } from './inspect.ts';

export interface Pointed extends Inside {
  readonly finding: string;
  readonly films: number;
}

/** Whether a place, in shares of the film, lies in a box or mask of the finding; null where none is drawn. */
function insideOf({ boxes, masks }: FilmMarks, finding: string): IsInside | null {
  const ofFinding = (mark: { readonly finding: string }) =>
    mark.finding.toLowerCase() === finding.toLowerCase();
  const [drawn, painted] = [boxes.filter(ofFinding), masks.filter(ofFinding)];
  if (drawn.length + painted.length === 0) return null;
  return (x, y) =>
    drawn.some((box) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height) ||
    painted.some(({ width, height, bytes }) => bytes[Math.floor(y * height) * width + Math.floor(x * width)]);
}

/** What a map says of a film with marks; null where nothing is drawn of its finding. A map that is empty points nowhere. */
export function pointedAt({ finding, size, map, peak }: ClassMap, marks: FilmMarks): Inside | null {
  const inside = insideOf(marks, finding);
  if (!inside) return null;
  return insideArea(map, size, peak, inside);
}

/** Something is drawn on films of the set: by readers, or, on films that a program drew, by that program. */
export function hasPlaces(): boolean {
  const { summary } = useDataset.getState();
  return summary?.labels?.marks !== undefined || summary?.synthetic === true;
}

interface PointingState {
  /** Films looked at of those that are to be; null while nothing is going on. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly pointed: Pointed | null;
  readonly problem: string | null;
}

const NONE: PointingState = { progress: null, pointed: null, problem: null };
export const usePointing = create<PointingState>()(() => NONE);

let newest = 0;

/** Ends what is going on and forgets what was found: the finding or the layer is another. */
export function forgetPointing(): void {
  newest++;
  usePointing.setState(NONE);
}

/** Looks at every test film with the finding. */
export async function pointAtAll(finding: string): Promise<void> {
  const { summary } = useDataset.getState();
  if (!summary) return;
  forgetPointing();
  const game = newest;
  const { look } = useClassMap.getState();
  const { findings, filmTable } = summary;
  const column = findings.indexOf(finding);
  const films = Array.from({ length: filmTable.length }, (_, film) => film).filter(
    (film) =>
      filmTable.splits[film] === SPLITS.indexOf('test') &&
      filmTable.labels[film * findings.length + column] === LABEL_POSITIVE,
  );
  const found: Inside[] = [];
  try {
    for (const [done, film] of films.entries()) {
      usePointing.setState({ progress: { done, total: films.length } });
      const marks = await fetchMarks(film);
      const inside = marks && pointedAt(await currentClient().engine.classMap(film, finding, look), marks);
      if (game !== newest) return;
      if (inside) found.push(inside);
    }
    const problem = found.length > 0 ? null : `Nothing is drawn of ${finding} on any test film.`;
    const pointed = found.length > 0 ? { finding, films: found.length, ...meanInside(found) } : null;
    usePointing.setState({ progress: null, pointed, problem });
  } catch (error) {
    if (game === newest) usePointing.setState({ ...NONE, problem: toWire(error).message });
  }
}
