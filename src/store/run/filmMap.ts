// The map of all films: asks the engine for what the network makes of them, hands it to the map's worker, and keeps where the
// films lie, how they are coloured and whose neighbours are shown. A run that trains is halted for it and goes on by itself;
// the map stays as it was made until another is asked for. Features themselves never stay on the page.

import { create } from 'zustand';
import type { Drivers } from '../../diagnostics/correlation.ts';
import { LAYOUTS, type LayoutName } from '../../diagnostics/filmMap.ts';
import type { Neighbour } from '../../diagnostics/nearest.ts';
import { toWire, type WireError } from '../../util/errors.ts';
import { besideTraining, currentClient } from '../client.ts';
import { useDataset } from '../films/dataset.ts';
import { useLearnt } from '../page/learnt.ts';
import { useSession } from '../session.ts';

export const COLOURINGS = {
  finding: 'Finding',
  part: 'Part',
  patient: 'Patient',
  view: 'View',
  quality: 'Quality',
  cluster: 'Cluster',
} as const;
export type Colouring = keyof typeof COLOURINGS;

export interface MapProgress {
  /** Who is at work: the engine, or the map's worker. */
  readonly by: 'engine' | 'map';
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export interface FilmNeighbours {
  readonly now: readonly Neighbour[];
  readonly start: readonly Neighbour[];
}

export interface FilmMapState {
  /** Steps that the network had been trained for; null: there is no map. */
  readonly step: number | null;
  /** Indices in the set of the films on the map, ascending. Rows below are places in this list. */
  readonly films: Uint32Array;
  /** Outputs whose features the worker holds. */
  readonly outputs: readonly string[];
  /** What is laid out. */
  readonly output: string;
  readonly layout: LayoutName;
  /** [films, 2]. */
  readonly places: Float32Array | null;
  readonly shares: readonly [number, number] | null;
  readonly progress: MapProgress | null;
  readonly problem: WireError | null;
  readonly colouring: Colouring;
  readonly finding: string | null;
  readonly clusters: Uint8Array | null;
  /** The row whose neighbours are shown. */
  readonly chosen: number | null;
  readonly neighbours: FilmNeighbours | null;
  /** Rows that were gathered with the lasso or by keys. */
  readonly gathered: ReadonlySet<number>;
}

export const NEIGHBOURS_SHOWN = 8;
const CLUSTERS = 8;
const NONE: ReadonlySet<number> = new Set();

const EMPTY: FilmMapState = {
  step: null,
  films: new Uint32Array(),
  outputs: [],
  output: '',
  layout: 'pca',
  places: null,
  shares: null,
  progress: null,
  problem: null,
  colouring: 'finding',
  finding: null,
  clusters: null,
  chosen: null,
  neighbours: null,
  gathered: NONE,
};

export const useFilmMap = create<FilmMapState>()(() => EMPTY);
const { getState: get, setState: set } = useFilmMap;

const worker = () => currentClient().map();
const failed = (thrown: unknown) => {
  const problem = toWire(thrown);
  set({ progress: null, problem: problem.code === 'cancelled' ? null : problem });
};

/** Has every film passed through the network as it stands, then lays them out. */
export async function makeMap(): Promise<void> {
  if (get().progress) return;
  const { output } = useLearnt.getState();
  set({ problem: null, progress: { by: 'engine', stage: 'Films', done: 0, total: 1 } });
  try {
    const onProgress = (stage: string, done: number, total: number) =>
      set({ progress: { by: 'engine', stage, done, total } });
    const made = await besideTraining((engine) => engine.filmFeatures({ output }, onProgress));
    const { step, films, now } = made;
    const outputs = Object.keys(now);
    // Its tables go with the message; the page has what it needs of it.
    const kept = films.slice();
    await worker().take(made);
    set({ ...EMPTY, ...keptChoices(), step, films: kept, outputs });
    await layOut(get().layout);
  } catch (thrown) {
    failed(thrown);
  }
}

const keptChoices = () => {
  const { layout, colouring, finding } = get();
  return { layout, colouring, finding };
};

/** Lays the films out anew by the output that is chosen; passes them through the network again where its features are not here. */
export async function layOut(layout: LayoutName): Promise<void> {
  const { output } = useLearnt.getState();
  const { step, outputs, output: before } = get();
  set({ layout });
  if (step === null) return;
  if (!outputs.includes(output)) {
    set({ progress: null });
    return makeMap();
  }
  set({ problem: null, progress: { by: 'map', stage: LAYOUTS[layout].label, done: 0, total: 1 } });
  if (output !== before) set({ output, clusters: null, neighbours: null });
  try {
    const laid = await worker().layOut(output, layout, (stage, done, total, places) =>
      set({ progress: { by: 'map', stage, done, total }, ...(places ? { places, shares: null } : {}) }),
    );
    // Another layout came in between, or it was stopped: what is shown then is as far as it had come.
    if (laid) set({ ...laid, progress: null });
    const { chosen } = get();
    await Promise.all([chosen === null ? null : chooseRow(chosen), needClusters()]);
  } catch (thrown) {
    failed(thrown);
  }
}

/** Calls off whatever is under way. */
export async function stopMap(): Promise<void> {
  const { progress } = get();
  if (progress?.by === 'engine') await currentClient().engine.cancelEvaluation();
  if (progress?.by === 'map') {
    await worker().stop();
    set({ progress: null });
  }
}

/** Shows the neighbours of a row, or none. */
export async function chooseRow(chosen: number | null): Promise<void> {
  set({ chosen, ...(chosen === null ? { neighbours: null } : {}) });
  if (chosen === null) return;
  const { output } = get();
  try {
    const neighbours = await worker().neighbours(output, chosen, NEIGHBOURS_SHOWN);
    if (get().chosen === chosen && get().output === output) set({ neighbours });
  } catch (thrown) {
    failed(thrown);
  }
}

const DRIVERS_SHOWN = 4;

/** The films behind the strongest correlation of two groups of dimensions; null where that could not be found, and was shown. */
export async function driversOf(
  output: string,
  as: readonly number[],
  bs: readonly number[],
): Promise<Drivers | null> {
  try {
    return await worker().drivers(output, as, bs, DRIVERS_SHOWN);
  } catch (thrown) {
    failed(thrown);
    return null;
  }
}

export function colourBy(colouring: Colouring, finding: string | null = null): void {
  set({ colouring, finding });
  void needClusters().catch(failed);
}

async function needClusters(): Promise<void> {
  const { colouring, clusters, output, step } = get();
  if (colouring !== 'cluster' || clusters || step === null) return;
  const found = await worker().clusters(output, CLUSTERS);
  if (get().output === output) set({ clusters: found });
}

export const gatherRows = (rows: Iterable<number>): void => set({ gathered: new Set(rows) });

export function toggleRow(row: number): void {
  const gathered = new Set(get().gathered);
  if (!gathered.delete(row)) gathered.add(row);
  set({ gathered });
}

useLearnt.subscribe(({ output }, before) => {
  if (output !== before.output && get().step !== null) void layOut(get().layout);
});

// Other films, or another run: nothing of the map is true any more.
useDataset.subscribe((state, before) => {
  if (state.summary?.fingerprint !== before.summary?.fingerprint)
    set({ ...EMPTY, ...keptChoices(), finding: null });
});
useSession.subscribe((state, before) => {
  if (state.runConfig === null && before.runConfig !== null) set({ ...EMPTY, ...keptChoices() });
});
