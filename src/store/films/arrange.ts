// What was decided about labels, parts and films to leave out, for the films at hand, and deciding it. Films that are read
// are not read again for it. Decisions live as long as their films and in memory only, because they may hold names of
// files; a folder that was refused for its split is read again with the way out that was chosen (run/acts.ts).

import { create } from 'zustand';
import type { FilmMarks } from '../../protocol/film.ts';
import type { Arrangement, Decisions } from '../../protocol/intake.ts';
import type { MatchExample } from '../../protocol/labels.ts';
import { type ErrorCode, toWire, type WireError } from '../../util/errors.ts';
import { currentClient } from '../client.ts';
import { type Source, useDataset } from './dataset.ts';

export interface ArrangementState {
  readonly choice: Decisions;
  /** The person has looked at how the labels were understood and agreed. */
  readonly confirmed: boolean;
  readonly busy: boolean;
  /** Why the last change was not made; the one before stands. */
  readonly error: WireError | null;
  /** Every row and film that did not fit, once asked for. */
  readonly problems: readonly MatchExample[] | null;
}

const NONE: ArrangementState = { choice: {}, confirmed: false, busy: false, error: null, problems: null };

export const useArrangement = create<ArrangementState>()(() => NONE);

const { setState: set } = useArrangement;

// Other films: nothing is decided about them.
useDataset.subscribe(({ source }, before) => {
  if (source !== before.source) set(NONE);
});

export const decided = (): Decisions => useArrangement.getState().choice;

/** What was decided about these films; nothing where others are at hand. */
export const choiceFor = (source: Source): Decisions =>
  source === useDataset.getState().source ? decided() : {};

/** Notes a decision for the next reading. */
export const decide = (change: Decisions): void => set({ choice: { ...decided(), ...change } });

/** Applies a change to the films at hand; true when it was made. Anything wrong is kept in the state, beside the form. */
export async function arrange(change: Arrangement): Promise<boolean> {
  if (useArrangement.getState().busy) return false;
  const { source } = useDataset.getState();
  const choice = { ...decided(), ...change };
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
    { label: 'Keep training, score the rest', change: { split: { overlap: 'keep-training' } } },
    { label: 'Draw a new split', change: { split: { source: 'drawn' } } },
  ],
  'labels-unmatched': [{ label: 'Read without labels', change: { labels: { file: null } } }],
};

/** Fetches every row and film that did not fit. */
export async function fetchProblems(): Promise<void> {
  const problems = await currentClient()
    .intake.matchProblems()
    .catch(() => []);
  set({ problems });
}

/** Boxes and masks of a film, or null where it has none. @throws AppError labels-unreadable */
export const fetchMarks = (film: number): Promise<FilmMarks | null> => currentClient().intake.marksOf(film);
