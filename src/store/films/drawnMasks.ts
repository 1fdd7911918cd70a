// What the decoder of the newest evaluation of masks draws on the film in the viewer, beside what readers drew, and how strongly
// both are laid over films, in report and viewer alike. Asked for when the viewer turns to a film.

import { create } from 'zustand';
import type { DrawnMask } from '../../protocol/looks.ts';
import { toWire } from '../../util/errors.ts';
import { currentClient } from '../client.ts';
import { useDataset } from './dataset.ts';
import { useViewer } from './viewer.ts';

interface MasksState {
  /** The film in the viewer that `mask` is of. */
  readonly film: number | null;
  /** Null for a film that was not tested, or before there was an evaluation of masks. */
  readonly mask: DrawnMask | null;
  readonly problem: string | null;
  readonly shown: boolean;
  /** Of the filling of what the decoder draws, 0..1. */
  readonly opacity: number;
}

export const useMasks = create<MasksState>()(() => ({
  film: null,
  mask: null,
  problem: null,
  shown: true,
  opacity: 0.35,
}));

export const setMaskOpacity = (opacity: number): void => useMasks.setState({ opacity });
export const showMask = (shown: boolean): void => useMasks.setState({ shown });

async function follow(film: number | null): Promise<void> {
  useMasks.setState({ film, mask: null, problem: null });
  if (film === null || !useDataset.getState().summary?.marked) return;
  try {
    const mask = await currentClient().engine.drawnMask(film);
    if (useMasks.getState().film === film) useMasks.setState({ mask });
  } catch (error) {
    if (useMasks.getState().film === film) useMasks.setState({ problem: toWire(error).message });
  }
}

useViewer.subscribe(({ film }) => {
  if (film !== useMasks.getState().film) void follow(film);
});
