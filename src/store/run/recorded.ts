// A recorded run in place of the one at hand: its curves play step by step as if it were computed, its looks and scores are
// shown where those of a run are. What was shown before is put aside and comes back when it is left; nothing of it is touched,
// and nothing of the recording is kept.

import { create } from 'zustand';
import type { Config } from '../../config/schema.ts';
import { readSnapshots, type Snapshot } from '../../diagnostics/snapshot.ts';
import { metricNames } from '../../protocol/metrics.ts';
import { recordedRun } from '../../recorded/recorded.ts';
import type { RecordedName } from '../../recorded/table.ts';
import type { TaskName } from '../../tasks/records.ts';
import type { RunFile } from '../../vault/runFile.ts';
import { appendSamples, exchangeSeries, liveSeries, Series } from '../curves/series.ts';
import { exchangeSnapshots, type SnapshotState, takeSnapshot } from '../curves/snapshots.ts';
import { verdictOf } from '../curves/verdict.ts';
import { type SessionState, showError, useSession } from '../session.ts';
import { useEvaluation } from './evaluation.ts';

interface RecordedState {
  readonly name: RecordedName | null;
  readonly config: Config | null;
  /** Steps shown so far, of how many. */
  readonly at: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly playing: boolean;
}

const NONE: RecordedState = {
  name: null,
  config: null,
  at: 0,
  steps: 0,
  stepsPerEpoch: 0,
  playing: false,
};

export const useRecorded = create<RecordedState>()(() => NONE);

const { getState: get, setState: set } = useRecorded;

/** A recording plays for about so long, whatever its length. */
const PLAYS_MS = 8000;
const BEAT_MS = 50;
/** Steps that the verdict is read from, as of a run that is computed. */
const TAIL = 40;

interface PutAside {
  readonly series: Series;
  readonly snapshots: SnapshotState;
  readonly verdict: SessionState['verdict'];
  readonly newest: ReturnType<typeof useEvaluation.getState>['newest'];
}

let file: RunFile | null = null;
let looks: readonly Snapshot[] = [];
let aside: PutAside | null = null;
let timer: ReturnType<typeof setInterval> | null = null;

function halt(): void {
  if (timer !== null) clearInterval(timer);
  timer = null;
  set({ playing: false });
}

/** Shows the next `count` steps. */
function advance(count: number): void {
  if (!file) return;
  const { at } = get();
  const { record, samples } = file;
  const next = samples.slice(at, at + count);
  appendSamples(next, metricNames(record.config));
  const until = at + next.length;
  for (const look of looks) {
    if (look.step >= at && look.step < until) takeSnapshot(look, record.config.diagnoseEvery || 1);
  }
  const tail = samples.slice(Math.max(0, until - TAIL), until);
  const seen = looks.filter(({ step }) => step < until);
  useSession.setState({ verdict: verdictOf(tail, record.config, seen) });
  set({ at: until });
  if (until >= samples.length) halt();
}

/** Begins anew at step 0. */
function rewind(): void {
  exchangeSeries(new Series());
  exchangeSnapshots();
  set({ at: 0 });
}

export function playRecorded(): void {
  const { name, at, steps, playing } = get();
  if (name === null || playing) return;
  if (at >= steps) rewind();
  const each = Math.max(1, Math.round((steps * BEAT_MS) / PLAYS_MS));
  set({ playing: true });
  timer = setInterval(() => advance(each), BEAT_MS);
}

export const pauseRecorded = halt;

/** Shows a recorded run from its first step; the run at hand must take no steps meanwhile. True when it is there. */
export async function openRecorded(name: RecordedName): Promise<boolean> {
  try {
    const run = await recordedRun(name);
    halt();
    aside ??= {
      series: liveSeries(),
      snapshots: exchangeSnapshots(),
      verdict: useSession.getState().verdict,
      newest: useEvaluation.getState().newest,
    };
    file = run;
    looks = run.diagnostics ? readSnapshots(run.diagnostics) : [];
    rewind();
    useEvaluation.setState({ newest: {} });
    const { config, stepsPerEpoch } = run.record;
    set({ name, config, stepsPerEpoch, steps: run.samples.length });
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

export async function watchRecorded(name: RecordedName): Promise<void> {
  if (await openRecorded(name)) playRecorded();
}

/** The whole recording at once, with the scores of one of its evaluations. True when they are there. */
export async function showRecordedScores(
  name: RecordedName,
  task: TaskName,
  share: number,
): Promise<boolean> {
  if (get().name !== name && !(await openRecorded(name))) return false;
  halt();
  advance(get().steps);
  const found = file?.evaluations.find(
    (evaluation) => evaluation.task === task && evaluation.report.share === share,
  );
  if (!found) return false;
  useEvaluation.setState(({ newest }) => ({ task, newest: { ...newest, [task]: found }, error: null }));
  return true;
}

/** Brings back what was shown before. */
export function leaveRecorded(): void {
  if (!aside) return;
  halt();
  exchangeSeries(aside.series);
  exchangeSnapshots(aside.snapshots);
  useSession.setState({ verdict: aside.verdict });
  useEvaluation.setState({ newest: aside.newest });
  file = null;
  aside = null;
  set(NONE);
}
