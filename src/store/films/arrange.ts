// Deciding about labels, parts and films to leave out. Films that are read are not read again for it; a folder that was
// refused for its split is, with the way out that was chosen.

import type { Arrangement } from '../../protocol/intake.ts';
import type { FilmMarks } from '../../protocol/marks.ts';
import { type ErrorCode, toWire } from '../../util/errors.ts';
import { currentClient, load } from '../run/acts.ts';
import { changed, useArrangement } from './arrangement.ts';
import { useDataset } from './dataset.ts';

const { setState: set } = useArrangement;

/** Applies a change to the films at hand; true when it was made. Anything wrong is kept in the state, beside the form. */
export async function arrange(change: Arrangement): Promise<boolean> {
  if (useArrangement.getState().busy) return false;
  const { source } = useDataset.getState();
  const choice = changed(change);
  set({ busy: true, error: null });
  try {
    const summary = await currentClient().intake.arrange(choice);
    if (useDataset.getState().source === source) {
      useDataset.setState({ summary });
      set({ choice, problems: null });
    }
    return true;
  } catch (error) {
    set({ error: toWire(error) });
    return false;
  } finally {
    set({ busy: false });
  }
}

export const confirmLabels = (): void => set({ confirmed: true });

/** Failures of a reading that a decision mends, and what the decisions are called. */
export const WAYS_OUT: Partial<
  Record<ErrorCode, readonly { readonly label: string; readonly change: Arrangement }[]>
> = {
  'split-overlap': [
    { label: 'Leave out what overlaps', change: { split: { overlap: 'leave-out' } } },
    { label: 'Draw a new split', change: { split: { source: 'drawn' } } },
  ],
  'labels-unmatched': [{ label: 'Read without labels', change: { labels: { file: null } } }],
};

/** Reads the folder again with this decided. */
export async function readAgain(change: Arrangement): Promise<void> {
  const { source } = useDataset.getState();
  if (!source) return;
  const choice = changed(change);
  set({ choice });
  await load(source);
}

/** Fetches every row and film that did not fit. */
export async function fetchProblems(): Promise<void> {
  const problems = await currentClient()
    .intake.matchProblems()
    .catch(() => []);
  set({ problems });
}

/** Boxes and masks of a film, or null where it has none. @throws AppError labels-unreadable */
export const fetchMarks = (film: number): Promise<FilmMarks | null> => currentClient().intake.marksOf(film);
