// Runs that are kept in this browser, taken up again: the interrupted one that is offered after a reload, the question
// about changed films, the run that another tab has at hand and that can only be looked at here.

import { create } from 'zustand';
import { nearestPreset } from '../../config/share.ts';
import type { Notice, Rollback } from '../../protocol/engine.ts';
import { metricNames } from '../../protocol/metrics.ts';
import type { ListedRun } from '../../protocol/vault.ts';
import { AppError, fromWire, toWire } from '../../util/errors.ts';
import { changesInWords, compareFilms, writeFilmList } from '../../vault/filmList.ts';
import type { RunStorage } from '../../vault/folder.ts';
import { listRuns, openRuns, readRunSeries, setAside } from '../../vault/runs.ts';
import { readKeptSnapshots } from '../../vault/seriesFile.ts';
import { attempt, currentClient } from '../client.ts';
import { addMarker, appendSamples, resetSeries } from '../curves/series.ts';
import { takeSnapshots } from '../curves/snapshots.ts';
import { useDataset } from '../films/dataset.ts';
import { folderSource } from '../films/files.ts';
import { mayRead, type RememberedFolder } from '../films/kept.ts';
import { setDraft, takeConfig } from '../page/settings.ts';
import { showError, useSession } from '../session.ts';
import { filmsAtHand, load, needsRestart, restart } from './acts.ts';
import { forgetSamples } from './engineEvents.ts';
import { forgetKeeping, showNotice, useKeeping } from './keeping.ts';
import { leaveRecorded } from './recorded.ts';
import { takeUpRun } from './runs.ts';

interface ResumeState {
  /** Offered until taken or put aside. */
  readonly offer: ListedRun | null;
  /** The films are other ones: in which way, and the run that waits for the answer. */
  readonly changed: { readonly id: string; readonly words: string } | null;
  /** A run of another tab whose curves are shown. */
  readonly watched: ListedRun | null;
}

export const useResume = create<ResumeState>()(() => ({ offer: null, changed: null, watched: null }));

let opened: Promise<RunStorage> | null = null;

/** The storage of all runs, as the page reads it. */
export function runStorage(): Promise<RunStorage> {
  opened ??= openRuns().then(({ storage }) => storage);
  return opened;
}

/** @throws AppError run-missing */
export async function listed(id: string): Promise<ListedRun> {
  const run = (await listRuns(await runStorage())).find((one) => one.id === id);
  if (!run) throw new AppError('run-missing', 'its record is gone or damaged.');
  return run;
}

/** In this browser's storage: the id of the run that was at hand last, so that one that was paused or halted is offered too. */
const AT_HAND = 'mlvicx-run-at-hand';
/** And the name of the folder that its films came from, where this browser remembers folders. */
const FOLDER = 'mlvicx-run-folder';

/** Milliseconds between two looks at a run that is at hand elsewhere: its tab may end, and that of a page just left does. */
const LOOK_AGAIN = 1000;

/** Looks for a run that was cut off, or that goes on in another tab; the latter is looked at again while it is offered. */
export async function offerInterrupted(): Promise<void> {
  const runs = await listRuns(await runStorage());
  const last = localStorage.getItem(AT_HAND);
  const cutOff = runs.find(({ state, inUse }) => state === 'interrupted' || inUse);
  const atHand = runs.find(({ id, state }) => id === last && (state === 'paused' || state === 'failed'));
  const offer = cutOff ?? atHand ?? null;
  if (useSession.getState().runConfig) return;
  useResume.setState({ offer });
  if (offer?.inUse) setTimeout(() => void lookAgain(offer).catch(() => undefined), LOOK_AGAIN);
}

async function lookAgain({ id }: ListedRun): Promise<void> {
  const { offer } = useResume.getState();
  // Taken, put aside, or another one by now.
  if (offer?.id === id && offer.inUse) await offerInterrupted();
}

/** Not now: the run stays under Runs, and is not offered again. */
export async function putAside(): Promise<void> {
  const { offer } = useResume.getState();
  useResume.setState({ offer: null });
  localStorage.removeItem(AT_HAND);
  if (offer && !offer.inUse) await setAside(await runStorage(), offer.id);
}

/**
 * Takes up a kept run where its newest whole checkpoint stands, paused. Films must be loaded; where they are not those of
 * the run, the user is asked first. True when the run is at hand.
 */
export async function resumeRun(id: string, acceptFilms = false): Promise<boolean> {
  let asked = false;
  const done = await attempt('preparing', async () => {
    const record = await listed(id);
    const summary = await filmsAtHand(record.config);
    if (summary.fingerprint !== record.data.fingerprint && !acceptFilms) {
      const changes = await compareFilms(await (await runStorage()).open(id), summary.filmTable);
      const words = changes
        ? changesInWords(changes)
        : `then ${record.data.films} films, now ${summary.filmTable.length}`;
      useResume.setState({ changed: { id, words } });
      asked = true;
      return;
    }
    await takeUp(id, acceptFilms);
  });
  return done && !asked;
}

/** Films must be loaded; nothing is asked. @throws AppError run-missing, films-changed and those of EngineApi.resume */
export async function takeUp(id: string, acceptFilms = false): Promise<void> {
  leaveRecorded();
  // Before the engine says what is kept.
  forgetKeeping();
  const { record, config, status, samples, refused } = await currentClient().engine.resume(id, {
    acceptFilms,
  });
  resetSeries();
  forgetSamples();
  useResume.setState({ offer: null, changed: null, watched: null });
  takeConfig({ preset: nearestPreset(config), config });
  takeUpRun({ ...record, config });
  appendSamples(samples, metricNames(config));
  const looks = await readKeptSnapshots(await (await runStorage()).open(id));
  takeSnapshots(looks.filter(({ step }) => step < status.step));
  for (const mark of record.marks) addMarker(mark);
  useSession.setState({ status, runConfig: config, ended: status.state === 'done' });
  if (refused.length > 0) showNotice(passedOver(refused, status.step));
}

const passedOver = (refused: readonly string[], step: number): Notice => ({
  kind: 'recovered',
  text: `The newest checkpoint was damaged, so the run goes on from step ${step} (${refused.join('; ')}).`,
  hint: 'The steps in between are taken again and come out the same.',
});

/** The folder that the films of the run at hand last came from, unless it is open already. */
export function folderToOpen(folders: readonly RememberedFolder[], id: string): RememberedFolder | null {
  const name = localStorage.getItem(AT_HAND) === id ? localStorage.getItem(FOLDER) : null;
  if (name === null || useDataset.getState().source?.name === name) return null;
  return folders.find((folder) => folder.name === name) ?? null;
}

/** Opens the folder again, for which the browser may ask the person, and takes up the run. Call from a click. */
export async function openAndResume({ handle, name }: RememberedFolder, id: string): Promise<void> {
  try {
    if (!(await mayRead(handle))) {
      throw new AppError('source-gone', `the browser did not allow the folder ${name} to be read.`);
    }
  } catch (error) {
    showError(error);
    return;
  }
  await load(folderSource(handle));
  await resumeRun(id);
}

/** Until films that are being read have been. @throws AppError */
export async function filmsRead(): Promise<void> {
  // A reading that was just asked for has not said so yet.
  await new Promise((resolve) => setTimeout(resolve));
  await new Promise<void>((resolve, reject) => {
    const look = ({ phase, error }: ReturnType<typeof useDataset.getState>) => {
      if (phase !== 'ready' && phase !== 'failed') return;
      stop();
      if (phase === 'ready') resolve();
      else reject(error ? fromWire(error) : new AppError('not-ready', 'the films could not be read again.'));
    };
    const stop = useDataset.subscribe(look);
    look(useDataset.getState());
  });
}

/** Fresh workers, the same films, and the run at its newest checkpoint, paused. True when it is at hand. */
export async function resumeAfresh(id: string): Promise<boolean> {
  if (!(await restart())) return false;
  try {
    await filmsRead();
  } catch (error) {
    showError(error);
    return false;
  }
  return resumeRun(id);
}

/** After a fault that halted the run at hand: takes it up where it was kept last. */
export async function resumeHalted(): Promise<void> {
  const { status } = useSession.getState();
  const id = useKeeping.getState().kept?.runId ?? status.runId;
  if (!id) return;
  if (needsRestart()) await resumeAfresh(id);
  else await resumeRun(id);
}

type Suggestion = Rollback['suggestions'][number];

/** After a blow-up: back to the last good step, with the change that was chosen. */
export const rollBack = (suggestion?: Suggestion): Promise<boolean> =>
  attempt('resetting', async () => {
    const change = suggestion && { key: suggestion.key, value: suggestion.value };
    const status = await currentClient().engine.rollBack(change);
    const { runConfig } = useSession.getState();
    useKeeping.setState({ rollback: null });
    if (change) setDraft(change.key, change.value);
    const config = change && runConfig ? { ...runConfig, [change.key]: change.value } : runConfig;
    useSession.setState({ status, runConfig: config, ended: false });
  });

/** Shows the curves of a run that another tab has at hand; called again, brings them up to date. */
export async function watchRun(id: string): Promise<void> {
  try {
    const run = await listed(id);
    const samples = await readRunSeries(await runStorage(), run);
    leaveRecorded();
    resetSeries();
    appendSamples(samples, metricNames(run.config));
    for (const mark of run.marks) addMarker(mark);
    useResume.setState({ watched: run.inUse ? run : null, offer: run.inUse ? null : run });
  } catch (error) {
    useResume.setState({ watched: null });
    useSession.setState({ error: toWire(error) });
  }
}

export const stopWatching = (): void => {
  resetSeries();
  useResume.setState({ watched: null });
};

/** Once a run is kept, what its films are is kept beside it. */
export function keepFilmLists(): () => void {
  let known = '';
  return useKeeping.subscribe(({ kept }) => {
    const { summary, source } = useDataset.getState();
    if (!kept?.lasting || !summary || kept.runId === known) return;
    known = kept.runId;
    localStorage.setItem(AT_HAND, known);
    if (source?.handles) localStorage.setItem(FOLDER, source.name);
    else localStorage.removeItem(FOLDER);
    const write = async () => writeFilmList(await (await runStorage()).open(kept.runId), summary.filmTable);
    // Without the list a change of films is still noticed, only not by name.
    write().catch(() => undefined);
  });
}
