// One film under the lens: the two views that a step makes of it, where the context bottlenecks let it through, and where the
// newest linear evaluation looks on it. Asked for when the film, the step, the finding or the state of the run changes, and every
// few seconds while training. A refusal is kept as a sentence, not raised: looking closer must never disturb a run.

import { create } from 'zustand';
import type { Level } from '../../methods/record/statistics.ts';
import type { GateMaps, ViewPair } from '../../protocol/engine.ts';
import { CLASS_LOOK, type ClassMap, type Look } from '../../protocol/looks.ts';
import { toWire } from '../../util/errors.ts';
import { currentClient } from '../client.ts';
import { useSettings } from '../page/settings.ts';
import { type SessionState, useSession } from '../session.ts';
import { useDataset } from './dataset.ts';

interface InspectState {
  /** Index of the film in the set. */
  readonly film: number;
  readonly views: ViewPair | null;
  readonly viewsProblem: string | null;
  readonly gates: GateMaps | null;
  readonly gatesProblem: string | null;
  /** Step of the run at which views and gates were made. */
  readonly step: number;
  /** The level whose gate is laid over the film. */
  readonly level: Level;
  /** Of the overlay, 0..1. */
  readonly opacity: number;
}

export const useInspect = create<InspectState>()(() => ({
  film: 0,
  views: null,
  viewsProblem: null,
  gates: null,
  gatesProblem: null,
  step: 0,
  level: 5,
  opacity: 0.55,
}));

const { getState: get, setState: set } = useInspect;

export const setLevel = (level: Level): void => set({ level });
export const setOpacity = (opacity: number): void => set({ opacity });

/** Whether the engine has the films that the page shows. */
const holdsFilms = (engineData: SessionState['engineData']): boolean =>
  engineData !== null && engineData.fingerprint === useDataset.getState().summary?.fingerprint;

let asking = false;
let askAgain = false;

/** Asks the engine for views and gates of the film, for the views alone before there is a run. One question at a time; later wishes become one more. */
export async function refreshInspect(): Promise<void> {
  if (asking) {
    askAgain = true;
    return;
  }
  const { runConfig, status, engineData } = useSession.getState();
  if (status.state === 'failed' || status.state === 'closed') return;
  if (!runConfig && (status.state !== 'idle' || !holdsFilms(engineData))) return;
  asking = true;
  const { film } = get();
  // Each in its own function, so that an engine that is not there is a refusal like any other.
  const [views, gates] = await Promise.allSettled([
    (async () => currentClient().engine.previewViews(film, status.step, useSettings.getState().draft))(),
    runConfig ? (async () => currentClient().engine.gateMaps(film))() : null,
  ]);
  set({
    step: status.step,
    ...(views.status === 'fulfilled'
      ? { views: views.value, viewsProblem: null }
      : { viewsProblem: toWire(views.reason).message }),
    ...(gates.status === 'fulfilled'
      ? { gates: gates.value, gatesProblem: null }
      : { gatesProblem: toWire(gates.reason).message }),
  });
  asking = false;
  if (askAgain) {
    askAgain = false;
    void refreshInspect();
  }
}

/** Turns to another film; beyond the ends it goes round. */
export function inspectFilm(film: number): void {
  const films = useDataset.getState().summary?.filmTable.length ?? 0;
  if (films === 0) return;
  set({ film: ((film % films) + films) % films });
  void refreshInspect();
}

export const turnFilm = (by: number): void => inspectFilm(get().film + by);

useDataset.subscribe((state, before) => {
  if (state.summary === before.summary) return;
  set({ film: 0, views: null, gates: null });
  if (state.summary) void refreshInspect();
});

useSettings.subscribe((state, before) => {
  // Before a run the views are those that the form describes.
  if (state.draft !== before.draft && useSession.getState().runConfig === null) void refreshInspect();
});

useSession.subscribe((state, before) => {
  if (state.runConfig === null && before.runConfig !== null) set({ views: null, gates: null });
  const settled = state.status.state !== before.status.state || state.runConfig !== before.runConfig;
  if (settled || state.engineData !== before.engineData) void refreshInspect();
});

interface ClassMapState {
  readonly map: ClassMap | null;
  readonly problem: string | null;
  /** In which way is looked. */
  readonly look: Look;
  /** Of the map over the film, 0..1. */
  readonly opacity: number;
}

export const useClassMap = create<ClassMapState>()(() => ({
  map: null,
  problem: null,
  look: CLASS_LOOK,
  opacity: 0.5,
}));

export const setLook = (change: Partial<Look>): void =>
  useClassMap.setState(({ look }) => ({ look: { ...look, ...change } }));

export const setMapOpacity = (opacity: number): void => useClassMap.setState({ opacity });

let newest = 0;

/** Asks for the map of a finding on a film; of several questions the last one counts. */
export async function askClassMap(film: number, finding: string): Promise<void> {
  const question = ++newest;
  try {
    const map = await currentClient().engine.classMap(film, finding, useClassMap.getState().look);
    if (question === newest) useClassMap.setState({ map, problem: null });
  } catch (error) {
    if (question === newest) useClassMap.setState({ map: null, problem: toWire(error).message });
  }
}
