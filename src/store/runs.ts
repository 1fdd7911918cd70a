// The runs of this session, oldest first: configuration, curves, scores, name, colour. The live run is the last
// one until it is replaced; a deleted run can be brought back until the next deletion.
// Kept in memory behind RunShelf, which a persistent store can implement later.

import { create } from 'zustand';
import { type PresetName, presetOf } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import type { ProbeReport } from '../protocol/probe.ts';
import { nameRun } from './runName.ts';
import { liveSeries, type Series } from './series.ts';

/** Outer colours for runs in comparison: from Okabe and Ito's set, without the hues of the three terms. */
export const RUN_COLOURS = ['#CC79A7', '#56B4E9', '#D55E00', '#9A8F00', '#7E6BC4'] as const;

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly preset: PresetName | null;
  readonly config: Config;
  readonly colour: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly series: Series;
  /** Drawn in every chart beside the live run. */
  readonly pinned: boolean;
  /** Newest last. */
  readonly probes: readonly ProbeReport[];
}

/** Where runs are kept beyond the store. */
export interface RunShelf {
  load(): Promise<readonly Run[]>;
  put(run: Run): Promise<void>;
  remove(id: string): Promise<void>;
}

interface RunsState {
  readonly runs: readonly Run[];
  /** The run whose samples arrive now; null before the first one. */
  readonly liveId: string | null;
  /** The run deleted last and its place, for undo. */
  readonly removed: { readonly run: Run; readonly index: number } | null;
}

export const useRuns = create<RunsState>()(() => ({ runs: [], liveId: null, removed: null }));

let shelf: RunShelf | null = null;

/** Brings in what a shelf holds and keeps it up to date from now on. */
export async function openShelf(opened: RunShelf): Promise<void> {
  const stored = await opened.load();
  shelf = opened;
  useRuns.setState(({ runs }) => ({ runs: [...stored, ...runs] }));
}

const byId = (id: string) => useRuns.getState().runs.find((run) => run.id === id) ?? null;

export const liveRun = (): Run | null => {
  const { liveId } = useRuns.getState();
  return liveId === null ? null : byId(liveId);
};

/** Runs drawn beside the live one. */
export const pinnedRuns = (): readonly Run[] => {
  const { runs, liveId } = useRuns.getState();
  return runs.filter((run) => run.pinned && run.id !== liveId);
};

/**
 * Enters the live series as a run, once: a second call for the same series changes nothing.
 * Called when its first samples arrive, so that a run prepared but never played leaves no trace.
 */
export function enterLiveRun(config: Config, now = Date.now()): Run {
  const series = liveSeries();
  const { runs } = useRuns.getState();
  const known = runs.find((run) => run.series === series);
  if (known) return known;
  const before = runs.at(-1)?.config ?? null;
  const number = runs.length + 1 + (useRuns.getState().removed ? 1 : 0);
  const run: Run = {
    id: crypto.randomUUID(),
    name: nameRun(
      config,
      before,
      runs.map(({ name }) => name),
    ),
    preset: presetOf(config),
    config,
    colour: RUN_COLOURS[(number - 1) % RUN_COLOURS.length]!,
    startedAt: now,
    series,
    pinned: false,
    probes: [],
  };
  useRuns.setState({ runs: [...runs, run], liveId: run.id });
  void shelf?.put(run);
  return run;
}

function update(id: string, change: (run: Run) => Partial<Run>): void {
  useRuns.setState(({ runs }) => ({
    runs: runs.map((run) => (run.id === id ? { ...run, ...change(run) } : run)),
  }));
  const run = byId(id);
  if (run) void shelf?.put(run);
}

export function renameRun(id: string, name: string): void {
  const trimmed = name.trim();
  if (trimmed) update(id, () => ({ name: trimmed }));
}

export const pinRun = (id: string, pinned: boolean): void => update(id, () => ({ pinned }));

export const addProbe = (id: string, report: ProbeReport): void =>
  update(id, ({ probes }) => ({ probes: [...probes, report] }));

export function deleteRun(id: string): void {
  const { runs } = useRuns.getState();
  const index = runs.findIndex((run) => run.id === id);
  const run = runs[index];
  if (!run) return;
  useRuns.setState({ runs: runs.filter((other) => other !== run), removed: { run, index } });
  void shelf?.remove(id);
}

export function undoDelete(): void {
  const { runs, removed } = useRuns.getState();
  if (!removed) return;
  useRuns.setState({ runs: runs.toSpliced(removed.index, 0, removed.run), removed: null });
  void shelf?.put(removed.run);
}
