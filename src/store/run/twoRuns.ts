// Another run beside the one at hand: what looks at it measured, read from where it is kept, and how alike the two networks are,
// by the same films through both. A run that trains is halted for that and goes on by itself.

import { create } from 'zustand';
import type { Likeness } from '../../diagnostics/filmMap.ts';
import type { Snapshot } from '../../diagnostics/snapshot.ts';
import { AppError, toWire, type WireError } from '../../util/errors.ts';
import { readRunCheckpoint } from '../../vault/runs.ts';
import { readKeptSnapshots } from '../../vault/seriesFile.ts';
import { besideTraining, currentClient } from '../client.ts';
import { useSession } from '../session.ts';
import { runStorage } from './resume.ts';

interface TwoRunsState {
  /** The other run; null: none chosen. */
  readonly otherId: string | null;
  /** What looks at it measured. */
  readonly list: readonly Snapshot[];
  readonly likeness: {
    readonly films: number;
    /** Steps that the run at hand and the other had been trained for. */
    readonly steps: readonly [own: number, other: number | null];
    /** Of the outputs of the run at hand with each other, and with those of the other where there is one. */
    readonly within: Likeness;
    readonly across: Likeness | null;
  } | null;
  readonly working: boolean;
  readonly problem: WireError | null;
}

const NOTHING: TwoRunsState = { otherId: null, list: [], likeness: null, working: false, problem: null };

export const useTwoRuns = create<TwoRunsState>()(() => NOTHING);
const { getState: get, setState: set } = useTwoRuns;

/** Films that networks are held against each other by. */
export const LIKENESS_FILMS = 512;

export async function chooseOther(otherId: string | null): Promise<void> {
  set({ ...NOTHING, otherId });
  if (otherId === null) return;
  try {
    const list = await readKeptSnapshots(await (await runStorage()).open(otherId));
    if (get().otherId === otherId) set({ list });
  } catch (thrown) {
    if (get().otherId === otherId) set({ problem: toWire(thrown) });
  }
}

/** Has films pass through the network at hand, and through the other's as its newest checkpoint has it. */
export async function compareNetworks(): Promise<void> {
  const { otherId, working } = get();
  if (working) return;
  set({ working: true, problem: null });
  try {
    const checkpoint = otherId === null ? null : await newestCheckpoint(otherId);
    const asked = { output: 'level5', most: LIKENESS_FILMS, withoutStart: true };
    const [own, other] = await besideTraining(async (engine) => [
      await engine.filmFeatures(asked, () => undefined),
      checkpoint && (await engine.filmFeatures({ ...asked, checkpoint }, () => undefined)),
    ]);
    const { step, films, now } = own!;
    const made = await currentClient()
      .map()
      .likeness(films.length, now, other?.now ?? {});
    const likeness = {
      films: films.length,
      steps: [step, other?.step ?? null] as const,
      within: made.within,
      across: other ? made.across : null,
    };
    if (get().otherId === otherId) set({ likeness });
  } catch (thrown) {
    set({ problem: toWire(thrown) });
  } finally {
    set({ working: false });
  }
}

async function newestCheckpoint(id: string): Promise<Uint8Array> {
  const point = await readRunCheckpoint(await runStorage(), id);
  if (!point) throw new AppError('run-missing', 'no checkpoint of it is kept in this browser.');
  return point.bytes;
}

useSession.subscribe((state, before) => {
  if (state.runConfig !== before.runConfig) set({ likeness: null });
});
