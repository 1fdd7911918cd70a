// Films beside those of the run, on which its encoder is evaluated: read by an intake of their own with labels and parts of their own,
// so that neither the run nor its films are lost. They are forgotten when they are let go of, or when fresh workers take over.

import { create } from 'zustand';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { type Arrangement, type Decisions, type IntakeProgress, SPLIT_SEED } from '../../protocol/intake.ts';
import { toWire, type WireError } from '../../util/errors.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { currentClient } from '../client.ts';
import { requireProtectedPage } from '../page/protection.ts';
import { handOver, type Source } from './dataset.ts';

export interface OtherFilms {
  /** Null where there are none. */
  readonly source: Source | null;
  readonly reading: boolean;
  readonly listed: number;
  readonly progress: IntakeProgress | null;
  readonly summary: DatasetSummary | null;
  /** What was decided about labels and parts. */
  readonly choice: Decisions;
  /** Longest side of the planes, px, as the encoder's run has them. */
  readonly planeSize: number;
  readonly error: WireError | null;
}

const NONE: OtherFilms = {
  source: null,
  reading: false,
  listed: 0,
  progress: null,
  summary: null,
  choice: {},
  planeSize: 0,
  error: null,
};

export const useOtherFilms = create<OtherFilms>()(() => NONE);

const { setState: set, getState: get } = useOtherFilms;

let current: { readonly abort: AbortController; readonly client: PlaygroundClient } | null = null;

/** Lets go of the other films; a reading under way ends. */
export async function dropOther(): Promise<void> {
  const { abort, client } = current ?? {};
  current = null;
  abort?.abort();
  set(NONE);
  // Workers that were replaced since have let go of everything.
  await client?.dropOther().catch(() => undefined);
}

/** Reads films beside those of the run, in place of the other ones; what goes wrong is kept in the state. */
export async function chooseOther(source: Source, planeSize: number, choice: Decisions = {}): Promise<void> {
  await dropOther();
  const abort = new AbortController();
  const client = currentClient();
  current = { abort, client };
  set({ ...NONE, source, planeSize, choice, reading: true });
  const unlessEnded = (change: Partial<OtherFilms>) => abort.signal.aborted || set(change);
  client.fault.catch(() => unlessEnded(NONE));
  try {
    requireProtectedPage();
    const intake = client.other();
    const { given } = await handOver(intake, source, abort.signal, (listed) => unlessEnded({ listed }));
    const options = { name: source.name, planeSize, seed: SPLIT_SEED, ...choice };
    const summary = await intake.readFiles(given, options, (event) => {
      if (event.type === 'listing') unlessEnded({ listed: event.listed });
      if (event.type === 'progress' && get().reading) unlessEnded({ progress: event });
    });
    unlessEnded({ reading: false, summary });
  } catch (error) {
    unlessEnded({ reading: false, error: toWire(error) });
  }
}

/** Reads them again with this decided about labels or parts. */
export async function readOtherAgain(change: Arrangement): Promise<void> {
  const { source, planeSize, choice } = get();
  if (source) await chooseOther(source, planeSize, { ...choice, ...change });
}

/** They are there as a run with planes of this size takes them; read anew where they were read for another. */
export async function otherFor(planeSize: number): Promise<DatasetSummary | null> {
  const { source, summary, choice, planeSize: now } = get();
  if (source && summary && now !== planeSize) await chooseOther(source, planeSize, choice);
  return get().summary;
}
