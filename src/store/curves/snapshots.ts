// What looks at the run at hand have measured, for the pictures of the view "What is learnt": thinned as the run itself keeps
// them. The step that is shown follows the newest until a person chooses one.

import { create } from 'zustand';
import { bytesOf, type Snapshot, withSnapshot } from '../../diagnostics/snapshot.ts';

export interface SnapshotState {
  readonly list: readonly Snapshot[];
  /** The step chosen; null: the newest. */
  readonly chosen: number | null;
  /** Seconds that looks have held this run up, and how many there were, those that are not kept included. */
  readonly spent: { readonly seconds: number; readonly looks: number };
}

const NOTHING: SnapshotState = { list: [], chosen: null, spent: { seconds: 0, looks: 0 } };

export const useSnapshots = create<SnapshotState>()(() => NOTHING);

/** @param every steps from one look to the next */
export function takeSnapshot(snapshot: Snapshot, every: number): void {
  useSnapshots.setState(({ list, spent }) => ({
    list: withSnapshot(list, snapshot, every),
    spent: { seconds: spent.seconds + snapshot.seconds, looks: spent.looks + 1 },
  }));
}

/** Those of a run that is taken up again. */
export function takeSnapshots(list: readonly Snapshot[]): void {
  const seconds = list.reduce((sum, snapshot) => sum + snapshot.seconds, 0);
  useSnapshots.setState({ list, chosen: null, spent: { seconds, looks: list.length } });
}

/** Shows these in place of those at hand, which are handed back to be shown again later. */
export function exchangeSnapshots(shown: SnapshotState = NOTHING): SnapshotState {
  const before = useSnapshots.getState();
  useSnapshots.setState(shown);
  return before;
}

export const forgetSnapshots = (): void => useSnapshots.setState(NOTHING);

/** The run went back to `step`. */
export const rewindSnapshots = (step: number): void =>
  useSnapshots.setState(({ list, chosen }) => ({
    list: list.filter((snapshot) => snapshot.step < step),
    chosen: chosen !== null && chosen >= step ? null : chosen,
  }));

export const chooseSnapshot = (step: number | null): void => useSnapshots.setState({ chosen: step });

/** The one to show: nearest to the step chosen, or the newest; null where there is none. */
export function shownSnapshot({ list, chosen }: Pick<SnapshotState, 'list' | 'chosen'>): Snapshot | null {
  if (chosen === null) return list.at(-1) ?? null;
  return list.reduce<Snapshot | null>(
    (best, one) => (best && Math.abs(best.step - chosen) <= Math.abs(one.step - chosen) ? best : one),
    null,
  );
}

export const snapshotBytes = ({ list }: Pick<SnapshotState, 'list'>): number => bytesOf(list);
