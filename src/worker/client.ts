// The page's end of both workers, behind one object: constructs them, joins them by a port so that pixels never
// pass through the page, and turns the death of a worker into a named error instead of a call that never answers.
// The page and the headless runner use it alike; it knows no state and keeps none but the two workers.

import type { EngineApi } from '../protocol/engine.ts';
import { FAULTY_ENGINE } from '../protocol/faults.ts';
import type { IntakeApi } from '../protocol/intake.ts';
import { AppError } from '../util/errors.ts';
import { proxy, transfer, wrap } from './rpc.ts';

/** The same methods, every one of them asynchronous. */
type Promised<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

export type EngineClient = Promised<Omit<EngineApi, 'connectIntake'>>;
export type IntakeClient = Promised<Omit<IntakeApi, 'connectEngine'>>;

export interface PlaygroundClient {
  readonly engine: EngineClient;
  readonly intake: IntakeClient;
  /** Rejects with `worker-failed` when a worker dies; otherwise stays open for ever. */
  readonly fault: Promise<never>;
  /** Ends both workers and all they hold. */
  dispose(): void;
}

interface Fault {
  readonly promise: Promise<never>;
  raise(error: AppError): void;
}

function makeFault(): Fault {
  let raise: Fault['raise'] = () => undefined;
  const promise = new Promise<never>((_, reject) => {
    raise = reject;
  });
  promise.catch(() => undefined);
  return { promise, raise };
}

function watch(worker: Worker, name: string, fault: Fault): Worker {
  worker.addEventListener('error', (event) => {
    fault.raise(new AppError('worker-failed', `${name}: ${event.message || 'it could not be loaded'}.`));
  });
  worker.addEventListener('messageerror', () => {
    fault.raise(new AppError('worker-failed', `${name}: a message could not be read.`));
  });
  return worker;
}

/** Starts both workers and joins them. They live until `dispose`. */
export function createClient(): PlaygroundClient {
  const fault = makeFault();
  const engineWorker = watch(
    new Worker(new URL('./engine/engine.worker.ts', import.meta.url), {
      type: 'module',
      // The worker reads its own name: that is how one that takes faults is told from all others.
      name: globalThis.__faults ? FAULTY_ENGINE : 'engine',
    }),
    'engine',
    fault,
  );
  const intakeWorker = watch(
    new Worker(new URL('./intake/intake.worker.ts', import.meta.url), { type: 'module', name: 'intake' }),
    'intake',
    fault,
  );
  const engine = wrap<EngineApi>(engineWorker);
  const intake = wrap<IntakeApi>(intakeWorker);

  const { port1, port2 } = new MessageChannel();
  const joined = Promise.all([
    engine.connectIntake(transfer(port1, [port1])),
    intake.connectEngine(transfer(port2, [port2])),
  ]);
  joined.catch((error: unknown) => fault.raise(error as AppError));

  const ask = async <T>(call: () => Promise<T>): Promise<T> => {
    await Promise.race([joined, fault.promise]);
    return Promise.race([call(), fault.promise]);
  };
  return {
    engine: {
      open: (onEvent) => ask(() => engine.open(proxy(onEvent))),
      chooseKernels: (options, again) => ask(() => engine.chooseKernels(options, again)),
      plan: (config) => ask(() => engine.plan(config)),
      prepare: (config, weights) => ask(() => engine.prepare(config, weights)),
      play: () => ask(() => engine.play()),
      pause: () => ask(() => engine.pause()),
      stepOnce: () => ask(() => engine.stepOnce()),
      stop: () => ask(() => engine.stop()),
      reset: () => ask(() => engine.reset()),
      change: (key, value) => ask(() => engine.change(key, value)),
      resume: (id, options) => ask(() => engine.resume(id, options)),
      rollBack: (change) => ask(() => engine.rollBack(change)),
      saveNow: (name) => ask(() => engine.saveNow(name)),
      keep: (policy) => ask(() => engine.keep(policy)),
      ping: () => ask(() => engine.ping()),
      inject: (faults) => ask(() => engine.inject(faults)),
      evaluate: (task, request) => ask(() => engine.evaluate(task, request)),
      exportCheckpoint: () => ask(() => engine.exportCheckpoint()),
      importCheckpoint: (bytes, base) =>
        ask(() => engine.importCheckpoint(transfer(bytes, [bytes.buffer]), base)),
      checkCheckpoint: (bytes) => ask(() => engine.checkCheckpoint(transfer(bytes, [bytes.buffer]))),
      features: (request) => ask(() => engine.features(transfer(request, [request.checkpoint.buffer]))),
      previewViews: (film, step) => ask(() => engine.previewViews(film, step)),
      gateMaps: (film) => ask(() => engine.gateMaps(film)),
      parity: (request, onRows) =>
        ask(() => {
          const buffers = [...request.files.values()].map(({ buffer }) => buffer);
          return engine.parity(transfer(request, buffers), proxy(onRows));
        }),
      selfTest: (onRow) => ask(() => engine.selfTest(proxy(onRow))),
      close: () => ask(() => engine.close()),
    },
    intake: {
      readFiles: (files, options, onEvent) => ask(() => intake.readFiles(files, options, proxy(onEvent))),
      keepFiles: (files, first) => ask(() => intake.keepFiles(files, first)),
      thumbnails: (films) => ask(() => intake.thumbnails(films)),
      cacheState: () => ask(() => intake.cacheState()),
      eraseCache: () => ask(() => intake.eraseCache()),
      synthesise: (options, onEvent) => ask(() => intake.synthesise(options, proxy(onEvent))),
      stored: (files, onRows) => ask(() => intake.stored([...files], proxy(onRows))),
      view: (path) => ask(() => intake.view(path)),
      cancel: () => ask(() => intake.cancel()),
      arrange: (arrangement) => ask(() => intake.arrange(arrangement)),
      scanLabels: (files, options) => ask(() => intake.scanLabels(files, options)),
      matchProblems: () => ask(() => intake.matchProblems()),
      marksOf: (film) => ask(() => intake.marksOf(film)),
    },
    fault: fault.promise,
    dispose() {
      engineWorker.terminate();
      intakeWorker.terminate();
      fault.raise(new AppError('cancelled'));
    },
  };
}
