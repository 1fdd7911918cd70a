// Thumbnails outside React. The first films of a reading come by themselves; of a large set the page asks for those that
// scroll into view and keeps the ones seen last, so their memory does not grow with the folder.

import { create } from 'zustand';
import type { Thumbnail } from '../../protocol/dataset.ts';
import { currentClient } from '../client.ts';

/** Kept at most, about nine kilobytes each. */
const MOST = 1500;
/** Asked for in one message. */
const AT_ONCE = 96;
/** Time in which wishes are gathered. */
const GATHER_MS = 30;

/** Counts arrivals, so that lists draw again. */
export const useThumbnails = create<{ readonly arrived: number }>()(() => ({ arrived: 0 }));

const kept = new Map<number, Thumbnail>();
const wanted = new Set<number>();
/** Asked for and not given, e.g. because the set was still being read. */
const refused = new Set<number>();
/** Counts the sets, so that what comes late for the one before is known. */
let era = 0;
let gathering = false;

export const thumbnailCount = (): number => kept.size;
export const thumbnailOf = (film: number): Thumbnail | undefined => kept.get(film);

export function addThumbnails(thumbnails: readonly Thumbnail[]): void {
  for (const thumbnail of thumbnails) {
    kept.delete(thumbnail.index);
    kept.set(thumbnail.index, thumbnail);
  }
  for (const film of kept.keys()) {
    if (kept.size <= MOST) break;
    kept.delete(film);
  }
  useThumbnails.setState(({ arrived }) => ({ arrived: arrived + thumbnails.length }));
}

/** Films of another set are on their way; those of the one before are forgotten. */
export function forgetThumbnails(): void {
  era++;
  kept.clear();
  retryThumbnails();
  useThumbnails.setState({ arrived: 0 });
}

/** What was refused may be had now. */
export function retryThumbnails(): void {
  wanted.clear();
  refused.clear();
  useThumbnails.setState(({ arrived }) => ({ arrived: arrived + 1 }));
}

/** Has the film's thumbnail brought if it is not here. */
export function wantThumbnail(film: number): void {
  if (kept.has(film) || refused.has(film)) return;
  wanted.add(film);
  if (gathering) return;
  gathering = true;
  setTimeout(() => void bring().finally(() => (gathering = false)), GATHER_MS);
}

/** Rejects before there are workers too. */
const ask = async (films: number[]) => currentClient().intake.thumbnails(films);

async function bring(): Promise<void> {
  while (wanted.size > 0) {
    // The last wishes first: they are in view.
    const films = [...wanted].slice(-AT_ONCE);
    for (const film of films) wanted.delete(film);
    const asked = era;
    const brought = await ask(films).catch(() => []);
    if (asked !== era) return;
    for (const film of films) refused.add(film);
    for (const { index } of brought) refused.delete(index);
    addThumbnails(brought);
  }
}
