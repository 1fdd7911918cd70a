// What was decided about labels, parts and films to leave out, for the films at hand. It lives as long as they do and in
// memory only, because it may hold names of files. Deciding is arrange.ts; this is the state that readings look at.

import { create } from 'zustand';
import type { Arrangement } from '../../protocol/intake.ts';
import type { MatchExample } from '../../protocol/labels.ts';
import type { WireError } from '../../util/errors.ts';

export interface ArrangementState {
  readonly choice: Arrangement;
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

/** Other films: nothing is decided about them. */
export const forgetArrangement = (): void => useArrangement.setState(NONE);

/** The choice with some of it replaced. */
export const changed = (change: Arrangement): Arrangement => ({
  ...useArrangement.getState().choice,
  ...change,
});
