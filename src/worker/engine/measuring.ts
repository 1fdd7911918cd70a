// Who measures what a look at a run brings back, and who hears of it: a worker of its own that is started at the first look,
// or this thread where there are no workers. What was measured goes to the page and to whoever keeps the run; where it could not
// be, the person is told once and the run goes on.

import { mapsOf, type ProbeFeatures, withMaps } from '../../diagnostics/probe.ts';
import { measureProbe } from '../../tasks/neighbours/monitor.ts';
import type { Watching } from '../../train/pretrain.ts';
import type { Measure } from '../../train/probe.ts';
import { AppError, asAppError } from '../../util/errors.ts';
import { transfer, wrap } from '../rpc.ts';
import type { MeasureApi } from './measure.worker.ts';
import type { EngineEvents, EngineStatus } from './status.ts';

function startWorker(): { measure: Measure; failed: Promise<never> } {
  const worker = new Worker(new URL('./measure.worker.ts', import.meta.url), {
    type: 'module',
    name: 'measure',
  });
  const remote = wrap<MeasureApi>(worker);
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () =>
      reject(new AppError('worker-failed', 'the worker that measures what is learnt.')),
    );
  });
  failed.catch(() => undefined);
  const measure: Measure = async (features) => {
    const measured = await Promise.race([remote.measure(handedOver(features)), failed]);
    const maps = Promise.race([remote.maps(), failed]);
    return { measured, whole: maps.then((made) => withMaps(measured, made)) };
  };
  return { measure, failed };
}

/** The features are read once and go; labels stay for the next look. */
const handedOver = (features: ProbeFeatures): ProbeFeatures =>
  transfer(
    features,
    features.outputs.flatMap(({ whole, views }) => [
      whole.buffer,
      ...views.map(({ buffer }) => buffer),
    ]) as ArrayBuffer[],
  );

/** Where there are no workers. */
export const measureHere: Measure = async (features) => {
  const measured = measureProbe(features);
  return { measured, whole: Promise.resolve(withMaps(measured, mapsOf(features))) };
};

function measuringThread(): Measure {
  if (typeof Worker === 'undefined') return measureHere;
  let started: ReturnType<typeof startWorker> | null = null;
  return (features) => {
    const worker = started ?? startWorker();
    started = worker;
    // The next look gets another one.
    worker.failed.catch(() => {
      started = null;
    });
    return worker.measure(features);
  };
}

export function watchingFor(status: EngineStatus, events: EngineEvents): Watching {
  let toldOf: unknown = null;
  return {
    measure: measuringThread(),
    seen(snapshot, step, reason) {
      const { run } = status;
      if (snapshot) {
        run?.keeper?.look(snapshot);
        events.send({ type: 'snapshot', snapshot });
        return;
      }
      // A lost device is told of by the step itself.
      const { code, message } = asAppError(reason);
      if (toldOf === run || code === 'device-lost') return;
      toldOf = run;
      const text = `What is learnt could not be measured at step ${step}: ${message}`;
      const hint = 'The run itself is not touched by it and goes on.';
      events.send({ type: 'notice', notice: { kind: 'recovered', text, hint } });
    },
  };
}
