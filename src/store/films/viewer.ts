// The windows over the page that show films: all of them, for a flag or not; the dialog of their labels; and the viewer, with
// which film is open, its picture once it has come, how it is looked at, and the boxes and masks over it, asked for film by
// film. The picture is let go when the viewer closes or turns; what identifies a patient is hidden again for every film. They
// may lie over a drawer, which must then leave the Escape key to them.

import { create } from 'zustand';
import type { QualityFlag } from '../../protocol/arrangement.ts';
import { filmAt } from '../../protocol/dataset.ts';
import type { FilmMarks, FilmView } from '../../protocol/film.ts';
import { toWire } from '../../util/errors.ts';
import { currentClient } from '../client.ts';
import { fetchMarks } from './arrange.ts';
import { useDataset } from './dataset.ts';
import { inspectFilm, useInspect } from './inspect.ts';

/** Centre and width in modality values. */
export interface ChosenWindow {
  readonly center: number;
  readonly width: number;
}

interface ViewerState {
  /** Index of the film in the set; null while the viewer is closed. */
  readonly film: number | null;
  readonly view: FilmView | null;
  readonly problem: string | null;
  /** null: contrast as the file asks for it. */
  readonly window: ChosenWindow | null;
  /** Screen pixels per column of the film; null fits it into the stage. */
  readonly zoom: number | null;
  /** What `zoom` comes to on the stage at hand. */
  readonly scale: number;
  /** The place of the film under the pointer, and its modality value. */
  readonly spot: Spot | null;
  readonly identifiersShown: boolean;
}

export interface Spot {
  /** px of the film in the file. */
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

const FRESH = {
  view: null,
  problem: null,
  window: null,
  zoom: null,
  scale: 1,
  spot: null,
  identifiersShown: false,
} as const;

export const useViewer = create<ViewerState>()(() => ({ film: null, ...FRESH }));

const { getState: get, setState: set } = useViewer;

/** Opens the viewer on a film, or turns it to another. */
export async function openFilm(film: number): Promise<void> {
  const { summary } = useDataset.getState();
  if (!summary || film < 0 || film >= summary.filmTable.length) return;
  inspectFilm(film);
  set({ ...FRESH, film });
  try {
    const view = await currentClient().intake.view(filmAt(summary.filmTable, film).path);
    if (get().film === film) set({ view });
  } catch (error) {
    if (get().film === film) set({ problem: toWire(error).message });
  }
}

export const openInspected = (): Promise<void> => openFilm(useInspect.getState().film);

export const closeViewer = (): void => set({ film: null, ...FRESH });

/** Beyond the ends it goes round. */
export function turnViewer(by: number): void {
  const { film } = get();
  const films = useDataset.getState().summary?.filmTable.length ?? 0;
  if (film !== null && films > 0) void openFilm((film + by + films) % films);
}

export const setWindow = (window: ChosenWindow | null): void => set({ window });
export const setZoom = (zoom: number | null): void => set({ zoom });
export const setScale = (scale: number): void => set({ scale });
export const setSpot = (spot: Spot | null): void => set({ spot });
export const showIdentifiers = (identifiersShown: boolean): void => set({ identifiersShown });

useDataset.subscribe((state, before) => {
  if (state.summary?.fingerprint !== before.summary?.fingerprint) closeViewer();
});

interface GalleryState {
  readonly opened: boolean;
  readonly flag: QualityFlag | null;
  /** The only films that are shown, gathered elsewhere; null: all. */
  readonly only: readonly number[] | null;
  readonly labelsOpened: boolean;
}

export const useGallery = create<GalleryState>()(() => ({
  opened: false,
  flag: null,
  only: null,
  labelsOpened: false,
}));

export const showGallery = (flag: QualityFlag | null = null, only: readonly number[] | null = null): void =>
  useGallery.setState({ opened: true, flag, only });
export const showWholeGallery = (): void => useGallery.setState({ only: null });
export const closeGallery = (): void => useGallery.setState({ opened: false });
export const filterGallery = (flag: QualityFlag | null): void => useGallery.setState({ flag });
export const showLabels = (labelsOpened: boolean): void => useGallery.setState({ labelsOpened });

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

export const showMarks = (shown: boolean): void => useMarks.setState({ shown });
export const setMarksOpacity = (opacity: number): void => useMarks.setState({ opacity });

async function follow(film: number | null): Promise<void> {
  useMarks.setState({ ...NONE, film });
  const { synthetic, marked } = useDataset.getState().summary ?? {};
  // What a program drew is known, but is not laid over its films: it would give the findings away.
  if (film === null || synthetic || !marked) return;
  try {
    const marks = await fetchMarks(film);
    if (useMarks.getState().film === film) useMarks.setState({ marks });
  } catch (error) {
    if (useMarks.getState().film === film) useMarks.setState({ problem: toWire(error).message });
  }
}

useViewer.subscribe(({ film }) => {
  if (film !== useMarks.getState().film) void follow(film);
});
