// The run library: the list of runs over reloads. What the engine keeps of a run is read from its record; name, pin, colour
// and scores are kept beside it. Curves are read when they are drawn or exported, not before, because a long run has
// many. A deleted run lies in the bin until the next deletion or visit.

import { presetOf } from '../../config/presets.ts';
import type { KeptStatus } from '../../protocol/engine.ts';
import { metricNames } from '../../protocol/metrics.ts';
import type { ListedRun } from '../../protocol/vault.ts';
import { AppError } from '../../util/errors.ts';
import { FILMS_FILE } from '../../vault/filmList.ts';
import {
  hasRecord,
  type LibraryEntry,
  readLibraryEntry,
  writeLibraryEntry,
} from '../../vault/libraryFile.ts';
import { readRunFile } from '../../vault/readRunFile.ts';
import { writeRunFile } from '../../vault/runFile.ts';
import { addRun, listRuns, readRunCheckpoint, readRunSeries, removeRun } from '../../vault/runs.ts';
import { SNAPSHOT_FILE } from '../../vault/seriesFile.ts';
import { attempt, currentClient } from '../client.ts';
import { liveSeries, Series } from '../curves/series.ts';
import { requireProtectedPage } from '../page/protection.ts';
import { showError } from '../session.ts';
import { useKeeping } from './keeping.ts';
import { runStorage, useResume } from './resume.ts';
import { connectLibrary, nameRun, pinRun, type Run, type RunLibrary, useRuns } from './runs.ts';

const byId = (id: string): Run | null => useRuns.getState().runs.find((run) => run.id === id) ?? null;
const nextColour = (runs: readonly Run[]) => runs.reduce((next, { colour }) => Math.max(next, colour + 1), 0);

/** A run as the list shows it, its curves still in their file. */
function shownRun(listed: ListedRun, entry: LibraryEntry | null, before: readonly Run[]): Run {
  const { id, config, start, createdAt, stepsPerEpoch, step, last, bytes, state, inUse } = listed;
  const names = before.map(({ name }) => name);
  return {
    id,
    name: entry?.name ?? nameRun(config, before.at(-1)?.config ?? null, names),
    preset: presetOf(config),
    config,
    start,
    colour: entry?.colour ?? nextColour(before),
    startedAt: createdAt,
    series: new Series(),
    stepsPerEpoch,
    pinned: entry?.pinned ?? false,
    evaluations: entry?.evaluations ?? [],
    kept: { step, last, bytes, state, inUse },
  };
}

class StoredLibrary implements RunLibrary {
  #bin: string | null = null;
  /** Writes follow each other, so that the last word is the last written. */
  #turn: Promise<unknown> = Promise.resolve();

  async load(): Promise<Run[]> {
    const storage = await runStorage();
    const runs: Run[] = [];
    for (const listed of (await listRuns(storage)).reverse()) {
      const entry = await readLibraryEntry(await storage.open(listed.id));
      if (!entry?.binned) runs.push(shownRun(listed, entry, runs));
      else if (!listed.inUse) await removeRun(storage, listed.id);
    }
    return runs;
  }

  put({ id, name, pinned, colour, evaluations }: Run): Promise<void> {
    if (this.#bin === id) this.#bin = null;
    return this.#write(id, { name, pinned, colour, evaluations, binned: false });
  }

  async remove(run: Run): Promise<void> {
    const before = this.#bin;
    this.#bin = run.id;
    if (useResume.getState().offer?.id === run.id) useResume.setState({ offer: null });
    const { name, pinned, colour, evaluations } = run;
    await this.#write(run.id, { name, pinned, colour, evaluations, binned: true });
    // One that the engine still has at hand goes at the next visit.
    if (before) await removeRun(await runStorage(), before).catch(() => undefined);
  }

  #write(id: string, entry: LibraryEntry): Promise<void> {
    const write = async () => {
      const folder = await (await runStorage()).open(id);
      if (await hasRecord(folder)) await writeLibraryEntry(folder, entry);
    };
    const done = this.#turn.then(write).catch(showError);
    this.#turn = done;
    return done;
  }
}

/** Brings in the runs of earlier visits and keeps the list up to date from now on. */
export async function openLibrary(): Promise<void> {
  const library = new StoredLibrary();
  try {
    await connectLibrary(library);
  } catch (error) {
    return showError(error);
  }
  for (const run of useRuns.getState().runs) if (run.pinned) void loadCurves(run.id);
  let known = '';
  useKeeping.subscribe(({ kept }, before) => {
    if (!kept?.lasting || kept === before.kept) return;
    noteKept(kept);
    if (kept.runId === known) return;
    known = kept.runId;
    const run = byId(known);
    if (run) void library.put(run);
  });
}

/** So that a run of this visit can be taken up again too, once another one is at hand. */
function noteKept({ runId, bytes, checkpoints }: KeptStatus): void {
  const kept = {
    step: checkpoints.at(-1)?.step ?? 0,
    last: {},
    bytes,
    state: 'paused',
    inUse: false,
  } as const;
  useRuns.setState(({ runs }) => ({
    runs: runs.map((run) => (run.id === runId ? { ...run, kept } : run)),
  }));
}

async function listed(id: string): Promise<ListedRun> {
  const run = (await listRuns(await runStorage())).find((one) => one.id === id);
  if (!run) throw new AppError('run-missing', 'it is not kept in this browser.');
  return run;
}

/** The curves of a run, read from their file where they are not here yet. */
export async function loadCurves(id: string): Promise<Series | null> {
  const run = byId(id);
  if (!run) return null;
  if (!run.kept || run.series.length > 0 || run.series === liveSeries()) return run.series;
  try {
    const record = await listed(id);
    const samples = await readRunSeries(await runStorage(), record);
    if (run.series.length === 0) {
      const metrics = metricNames(record.config);
      for (const sample of samples) run.series.append(sample, metrics);
      run.series.markers.push(...record.marks);
    }
    useRuns.setState(({ runs }) => ({ runs: [...runs] }));
  } catch (error) {
    showError(error);
  }
  return run.series;
}

export function overlayRun(id: string, pinned: boolean): void {
  pinRun(id, pinned);
  if (pinned) void loadCurves(id);
}

/** The run as one file; null when that failed and was shown. `names` adds the names of its films. */
export async function exportRun(id: string, names: boolean): Promise<Uint8Array<ArrayBuffer> | null> {
  let file: Uint8Array<ArrayBuffer> | null = null;
  await attempt('saving', async () => {
    const run = byId(id);
    if (!run) throw new AppError('run-missing', 'it is not in the list.');
    if (useRuns.getState().liveId === id) await currentClient().engine.saveNow();
    const storage = await runStorage();
    const record = await listed(id);
    const point = await readRunCheckpoint(storage, id);
    const step = point?.entry.step ?? record.step;
    const samples = (await readRunSeries(storage, record)).filter((sample) => sample.step < step);
    const folder = await storage.open(id);
    const films = names ? await folder.read(FILMS_FILE) : null;
    const diagnostics = await folder.read(SNAPSHOT_FILE);
    const state = record.state === 'interrupted' ? ('paused' as const) : record.state;
    const { name, evaluations } = run;
    const written = { ...record, step, state };
    file = await writeRunFile({
      name,
      evaluations,
      record: written,
      samples,
      checkpoint: point?.bytes ?? null,
      films,
      diagnostics,
    });
  });
  return file;
}

/** Puts in a run from a file. Everything is checked before anything is kept. True when it is in the list. */
export const importRun = (source: File): Promise<boolean> =>
  attempt('importing', async () => {
    requireProtectedPage();
    const { name, record, evaluations, samples, checkpoint, films, diagnostics } = await readRunFile(
      new Uint8Array(await source.arrayBuffer()),
    );
    // The engine alone knows what shapes a model of this configuration has.
    if (checkpoint) await currentClient().engine.checkCheckpoint(checkpoint.slice());
    const storage = await runStorage();
    const added = await addRun(storage, { record, samples, checkpoint });
    const folder = await storage.open(added.id);
    if (films) await folder.write(FILMS_FILE, [films]);
    if (diagnostics) await folder.write(SNAPSHOT_FILE, [diagnostics]);
    const { runs } = useRuns.getState();
    let free = name;
    for (let again = 2; runs.some((run) => run.name === free); again++) free = `${name} (${again})`;
    const entry = { name: free, pinned: false, colour: nextColour(runs), binned: false, evaluations };
    await writeLibraryEntry(folder, entry);
    const run = shownRun(await listed(added.id), entry, runs);
    useRuns.setState({ runs: [...runs, run] });
  });
