// The list of runs, oldest first: configuration, curves, scores, name, colour. The live run is the last
// one until it is replaced; a deleted run can be brought back until the next deletion. A run's name is what differs from its preset.
// Here in memory; library.ts implements RunLibrary and keeps the list over reloads.

import { create } from 'zustand';
import type { Field } from '../../config/fields.ts';
import { PRESETS, type PresetName, presetOf } from '../../config/presets.ts';
import { type Config, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import { differingKeys } from '../../config/share.ts';
import type { ListedRun, RunRecord } from '../../protocol/vault.ts';
import type { Evaluation } from '../../tasks/records.ts';
import { liveSeries, type Series } from '../curves/series.ts';

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly preset: PresetName | null;
  readonly config: Config;
  /** What its weights were before the first step, in words. */
  readonly start: string;
  /** Place in the theme's row of run colours. */
  readonly colour: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly series: Series;
  /** Of its films; absent where it was not said. */
  readonly stepsPerEpoch?: number;
  /** Drawn in every chart beside the live run. */
  readonly pinned: boolean;
  /** Newest last. */
  readonly evaluations: readonly Evaluation[];
  /** Of a run of an earlier visit: what its record said when the list was made. Its curves may not be read yet. */
  readonly kept?: Pick<ListedRun, 'step' | 'last' | 'bytes' | 'state' | 'inUse'>;
}

/** Where runs are kept beyond the store. */
export interface RunLibrary {
  load(): Promise<readonly Run[]>;
  put(run: Run): Promise<void>;
  remove(run: Run): Promise<void>;
}

/** What a record says of a run. */
type TakenUp = Pick<RunRecord, 'id' | 'config' | 'start' | 'createdAt'> &
  Partial<Pick<RunRecord, 'stepsPerEpoch'>>;

interface RunsState {
  readonly runs: readonly Run[];
  /** The run whose samples arrive now; null before the first one. */
  readonly liveId: string | null;
  /** The run deleted last and its place, for undo. */
  readonly removed: { readonly run: Run; readonly index: number } | null;
}

export const useRuns = create<RunsState>()(() => ({ runs: [], liveId: null, removed: null }));

let library: RunLibrary | null = null;

/** Brings in what a library holds and keeps it up to date from now on. */
export async function connectLibrary(opened: RunLibrary): Promise<void> {
  const stored = await opened.load();
  library = opened;
  useRuns.setState(({ runs }) => {
    const here = new Set(runs.map(({ id }) => id));
    return { runs: [...stored.filter(({ id }) => !here.has(id)), ...runs] };
  });
}

const byId = (id: string) => useRuns.getState().runs.find((run) => run.id === id) ?? null;

/** The name that a run has in the list; one that is not in it is named by its configuration. */
export const runNameOf = ({ id, config }: Pick<RunRecord, 'id' | 'config'>, runs: readonly Run[]): string =>
  runs.find((run) => run.id === id)?.name ?? nameRun(config, null, []);

export const liveRun = (): Run | null => {
  const { liveId } = useRuns.getState();
  return liveId === null ? null : byId(liveId);
};

/** Runs drawn beside the live one. */
export const pinnedRuns = (): readonly Run[] => {
  const { runs, liveId } = useRuns.getState();
  return runs.filter((run) => run.pinned && run.id !== liveId);
};

/** Series that have been in the list, so that a run deleted while it goes on stays deleted. */
const entered = new WeakSet<Series>();

/**
 * Enters the live series as a run, once: later calls for the same series change nothing.
 * Called when its first samples arrive, so that a run prepared but never played leaves no trace.
 */
export function enterLiveRun(
  config: Config,
  start: string,
  id: string = crypto.randomUUID(),
  now = Date.now(),
  stepsPerEpoch?: number,
): void {
  const series = liveSeries();
  if (entered.has(series)) return;
  entered.add(series);
  const { runs } = useRuns.getState();
  const names = runs.map(({ name }) => name);
  const run: Run = {
    id,
    name: nameRun(config, runs.at(-1)?.config ?? null, names),
    preset: presetOf(config),
    config,
    start,
    colour: runs.reduce((next, { colour }) => Math.max(next, colour + 1), 0),
    startedAt: now,
    series,
    ...(stepsPerEpoch && { stepsPerEpoch }),
    pinned: false,
    evaluations: [],
  };
  useRuns.setState({ runs: [...runs, run], liveId: run.id });
  void library?.put(run);
}

/** The live series is that of a run that was kept: it stands in the list once, under its own name if it has one. */
export function takeUpRun({ id, config, start, createdAt, stepsPerEpoch }: TakenUp): void {
  const known = byId(id);
  if (!known) {
    enterLiveRun(config, start, id, createdAt, stepsPerEpoch);
    return;
  }
  const series = liveSeries();
  entered.add(series);
  useRuns.setState(({ runs }) => ({
    runs: runs.map((run) => (run === known ? { ...run, config, series } : run)),
    liveId: id,
  }));
}

function update(id: string, change: (run: Run) => Partial<Run>): void {
  useRuns.setState(({ runs }) => ({
    runs: runs.map((run) => (run.id === id ? { ...run, ...change(run) } : run)),
  }));
  const run = byId(id);
  if (run) void library?.put(run);
}

export function renameRun(id: string, name: string): void {
  const trimmed = name.trim();
  if (trimmed) update(id, () => ({ name: trimmed }));
}

export const pinRun = (id: string, pinned: boolean): void => update(id, () => ({ pinned }));

export const addEvaluation = (id: string, evaluation: Evaluation): void =>
  update(id, ({ evaluations }) => ({ evaluations: [...evaluations, evaluation] }));

export function deleteRun(id: string): void {
  const { runs } = useRuns.getState();
  const index = runs.findIndex((run) => run.id === id);
  const run = runs[index];
  if (!run) return;
  useRuns.setState({ runs: runs.filter((other) => other !== run), removed: { run, index } });
  void library?.remove(run);
}

export function undoDelete(): void {
  const { runs, removed } = useRuns.getState();
  if (!removed) return;
  useRuns.setState({ runs: runs.toSpliced(removed.index, 0, removed.run), removed: null });
  void library?.put(removed.run);
}

const SHOWN_DIFFERENCES = 3;

function words(key: ConfigKey, value: Config[ConfigKey]): string {
  const field: Field = SCHEMA[key];
  if (field.kind === 'toggle') return value ? 'on' : 'off';
  if (field.kind === 'number') return String(Number(Number(value).toPrecision(4)));
  return String(value);
}

/** The settings of pretraining in which two configurations differ, by their short words or by the labels of the form. */
export function differences(before: Config, after: Config, named: 'short' | 'label' = 'short'): string[] {
  return differingKeys(after, before)
    .filter((key) => SCHEMA[key].when !== 'evaluation')
    .map((key) => `${SCHEMA[key][named]} ${words(key, before[key])}→${words(key, after[key])}`);
}

function presetName(config: Config): string {
  const preset = presetOf(config);
  const method = config.method === SCHEMA.method.default ? '' : `${SCHEMA.method.choices[config.method]}, `;
  return `${method}${preset ? PRESETS[preset].label : 'Own settings'}, seed ${config.seed}`;
}

/** A name for a run with `config` after one with `before`; `taken` are the names already used. */
export function nameRun(config: Config, before: Config | null, taken: readonly string[]): string {
  const changed = before ? differences(before, config) : [];
  const wentToPreset = before && presetOf(config) !== null && presetOf(config) !== presetOf(before);
  const plain =
    !before || wentToPreset || changed.length === 0
      ? presetName(config)
      : changed.slice(0, SHOWN_DIFFERENCES).join(', ') +
        (changed.length > SHOWN_DIFFERENCES ? ` and ${changed.length - SHOWN_DIFFERENCES} more` : '');
  let name = plain;
  for (let again = 2; taken.includes(name); again++) name = `${plain} (${again})`;
  return name;
}
