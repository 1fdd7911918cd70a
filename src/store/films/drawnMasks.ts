// What the decoder of the newest evaluation of masks draws on the film in the viewer, beside what readers drew, and how strongly
// both are laid over films, in report and viewer alike. Asked for when the viewer turns to a film.

import { create } from 'zustand';
import { SPLITS } from '../../protocol/dataset.ts';
import type { DrawnMask } from '../../protocol/looks.ts';
import { toWire } from '../../util/errors.ts';
import { npzBytes } from '../../util/npy.ts';
import { currentClient } from '../client.ts';
import { useDataset } from './dataset.ts';
import { useViewer } from './viewer.ts';

const TEST = SPLITS.indexOf('test');

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

/** Every test film with what the decoder draws and what readers drew, as NumPy reads it; null where there is none. */
export async function masksFile(): Promise<Uint8Array<ArrayBuffer> | null> {
  const { summary } = useDataset.getState();
  if (!summary) return null;
  const found: { readonly film: number; readonly mask: DrawnMask }[] = [];
  for (const [film, split] of summary.filmTable.splits.entries()) {
    const mask = split === TEST ? await currentClient().engine.drawnMask(film) : null;
    if (mask) found.push({ film, mask });
  }
  const [first] = found;
  if (!first) return null;
  const { side } = first.mask;
  const squares = (of: 'drawn' | 'truth') => {
    const data = new Uint8Array(found.length * side * side);
    for (const [i, { mask }] of found.entries()) data.set(mask[of], i * side * side);
    return { shape: [found.length, side, side], data };
  };
  return npzBytes([
    ['film', { shape: [found.length], data: Uint32Array.from(found, ({ film }) => film) }],
    ['drawn', squares('drawn')],
    ['truth', squares('truth')],
  ]);
}

useViewer.subscribe(({ film }) => {
  if (film !== useMasks.getState().film) void follow(film);
});
