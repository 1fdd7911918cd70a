// Boxes and masks of the film in the viewer, and how they are laid over it. Asked for film by film; a set without any is
// not asked at all.

import { create } from 'zustand';
import type { FilmMarks } from '../../protocol/marks.ts';
import { toWire } from '../../util/errors.ts';
import { fetchMarks } from './arrange.ts';
import { useDataset } from './dataset.ts';
import { useViewer } from './viewer.ts';

interface MarksState {
  readonly film: number | null;
  readonly marks: FilmMarks | null;
  /** Why they cannot be shown. */
  readonly problem: string | null;
  readonly shown: boolean;
  /** Of masks, 0..1; boxes are outlines and stay. */
  readonly opacity: number;
}

const NONE = { film: null, marks: null, problem: null } as const;

export const useMarks = create<MarksState>()(() => ({ ...NONE, shown: true, opacity: 0.45 }));

const { getState: get, setState: set } = useMarks;

export const showMarks = (shown: boolean): void => set({ shown });
export const setMarksOpacity = (opacity: number): void => set({ opacity });

async function follow(film: number | null): Promise<void> {
  set({ ...NONE, film });
  const marked = useDataset.getState().summary?.labels?.marks;
  // What a program drew is known, but is not laid over its films: it would give the findings away.
  if (film === null || !marked) return;
  try {
    const marks = await fetchMarks(film);
    if (get().film === film) set({ marks });
  } catch (error) {
    if (get().film === film) set({ problem: toWire(error).message });
  }
}

useViewer.subscribe(({ film }) => {
  if (film !== get().film) void follow(film);
});
