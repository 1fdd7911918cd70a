// What the engine pushes, sorted to where it belongs: samples to the curves, status and facts to the session.
// Samples come up to twenty times a second; the figures drawn from them change at most four times a second.

import type { EngineEvent } from '../../protocol/engine.ts';
import { type CommonMetric, commonValue, metricNames, type StepSample } from '../../protocol/metrics.ts';
import { addMarker, appendSamples, rewindSeries } from '../curves/series.ts';
import { forgetSnapshots, rewindSnapshots, takeSnapshot, useSnapshots } from '../curves/snapshots.ts';
import { NO_VERDICT, verdictOf } from '../curves/verdict.ts';
import { NO_WAITS, useSession } from '../session.ts';
import { noteKept, notePredictions, noteProgress, noteTuned } from './evaluation.ts';
import { noteKeeping } from './keeping.ts';
import { enterLiveRun } from './runs.ts';

const FIGURES_MS = 250;
const TAIL = 40;

let tail: StepSample[] = [];
let waits = NO_WAITS;
let timer: ReturnType<typeof setTimeout> | null = null;

/** Mean over the tail of what was measured, or null. */
function recent(name: CommonMetric): number | null {
  const values = tail.map((sample) => commonValue(sample, name)).filter(Number.isFinite);
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

function showFigures(): void {
  timer = null;
  const { runConfig } = useSession.getState();
  if (!runConfig) return;
  useSession.setState({
    imagesPerSecond: recent('speed/images-per-second'),
    memoryInUse: recent('memory/in-use'),
    memoryReserved: recent('memory/reserved'),
    dataWaits: waits,
    verdict: verdictOf(tail, runConfig, useSnapshots.getState().list),
  });
}

function takeSamples(samples: readonly StepSample[]): void {
  const { runConfig, status } = useSession.getState();
  if (!runConfig || samples.length === 0) return;
  enterLiveRun(runConfig, status.start, status.runId ?? undefined, Date.now(), status.stepsPerEpoch);
  appendSamples(samples, metricNames(runConfig));
  tail = [...tail, ...samples].slice(-TAIL);
  noteWaits(samples);
  timer ??= setTimeout(showFigures, FIGURES_MS);
}

function noteWaits(samples: readonly StepSample[]): void {
  for (const sample of samples) {
    const seconds = commonValue(sample, 'speed/data-wait');
    const late = seconds > 0 ? 1 : 0;
    waits = {
      steps: waits.steps + 1,
      waited: waits.waited + late,
      seconds: waits.seconds + (late && seconds),
    };
  }
}

/** A new series begins: no figure may speak of the old one. */
export function forgetSamples(): void {
  tail = [];
  waits = NO_WAITS;
  forgetSnapshots();
  if (timer !== null) clearTimeout(timer);
  timer = null;
  useSession.setState({ imagesPerSecond: null, dataWaits: NO_WAITS, verdict: NO_VERDICT });
}

export function followEngine(event: EngineEvent): void {
  const set = useSession.setState;
  switch (event.type) {
    case 'status': {
      const over = event.status.state === 'done' || event.status.state === 'failed';
      set(over ? { status: event.status, ended: true } : { status: event.status });
      break;
    }
    case 'samples':
      takeSamples(event.samples);
      break;
    case 'snapshot':
      takeSnapshot(event.snapshot, useSession.getState().runConfig?.diagnoseEvery || 1);
      break;
    case 'compile':
      set({ compile: event.done < event.total ? { done: event.done, total: event.total } : null });
      break;
    case 'tuned':
      noteTuned(event.epoch);
      break;
    case 'predictions':
      notePredictions(event.predictions);
      break;
    case 'evaluation-kept':
      if (!event.study) noteKept(event);
      break;
    case 'evaluation-progress':
      noteProgress(event);
      break;
    case 'dataset':
      // Whoever reads films beside those of the run waits for them with the evaluation.
      if (event.other) break;
      set({ engineData: { name: event.name, fingerprint: event.fingerprint, films: event.films } });
      break;
    case 'marker':
      addMarker({ step: event.step, kind: event.kind, text: event.text });
      break;
    case 'rewound':
      rewindSeries(event.step);
      rewindSnapshots(event.step);
      tail = tail.filter(({ step }) => step < event.step);
      break;
    case 'kept':
    case 'notice':
    case 'failed':
      if (event.type === 'failed') set({ error: event.error, compile: null });
      noteKeeping(event);
      break;
    default:
      event satisfies never;
  }
}
