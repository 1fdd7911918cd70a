// The page's end of both workers, behind one object: constructs them, joins them by a port so that pixels never
// pass through the page, and turns the death of a worker into a named error instead of a call that never answers.
// The page and the headless runner use it alike; it knows no state and keeps none but the two workers.

import type { FilmMapApi } from '../diagnostics/filmMap.ts';
import type { EngineApi } from '../protocol/engine.ts';
import { FAULTY_ENGINE } from '../protocol/faults.ts';
import type { IntakeApi } from '../protocol/intake.ts';
import { AppError } from '../util/errors.ts';
import { callable, type Promised, transfer, wrap } from './rpc.ts';

export type EngineClient = Promised<Omit<EngineApi, 'connectIntake'>>;
export type FilmMapClient = Promised<FilmMapApi>;
export type IntakeClient = Promised<Omit<IntakeApi, 'connectEngine'>>;

export interface PlaygroundClient {
  readonly engine: EngineClient;
  readonly intake: IntakeClient;
  /** The map of all films, in a worker that is started when it is first asked for. */
  map(): FilmMapClient;
  /** The intake of films beside those of the run, with a worker of its own, begun when it is first asked for. */
  other(): IntakeClient;
  /** Ends that worker, and has the engine let go of its films. */
  dropOther(): Promise<void>;
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

/** A worker for the map of all films. Its death is told by the call under way; the next call gets another. */
export function mapStarter() {
  let started: { worker: Worker; client: FilmMapClient } | null = null;
  const start = () => {
    const fault = makeFault();
    const worker = new Worker(new URL('./map/map.worker.ts', import.meta.url), {
      type: 'module',
      name: 'map',
    });
    watch(worker, 'map', fault);
    fault.promise.catch(() => {
      started = null;
    });
    const client = callable(wrap<FilmMapApi>(worker), (call) => Promise.race([call(), fault.promise]));
    return { worker, client };
  };
  return {
    client(): FilmMapClient {
      started ??= start();
      return started.client;
    },
    dispose() {
      started?.worker.terminate();
      started = null;
    },
  };
}

type Ask = <T>(call: () => Promise<T>) => Promise<T>;

/** An intake worker, joined to the engine by `connect`; its death ends what asks it. */
function startIntake(
  name: string,
  connect: (port: MessagePort) => Promise<void>,
  fault: Fault,
): { worker: Worker; client: IntakeClient; ask: Ask } {
  const worker = watch(
    new Worker(new URL('./intake/intake.worker.ts', import.meta.url), { type: 'module', name }),
    name,
    fault,
  );
  const intake = wrap<IntakeApi>(worker);
  const { port1, port2 } = new MessageChannel();
  const joined = Promise.all([
    connect(transfer(port1, [port1])),
    intake.connectEngine(transfer(port2, [port2])),
  ]);
  joined.catch((error: unknown) => fault.raise(error as AppError));
  const ask: Ask = async (call) => {
    await Promise.race([joined, fault.promise]);
    return Promise.race([call(), fault.promise]);
  };
  return { worker, client: callable(intake, ask), ask };
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
  const engine = wrap<EngineApi>(engineWorker);
  const intake = startIntake('intake', (port) => engine.connectIntake(port), fault);
  const engineClient = callable(engine, intake.ask);
  const map = mapStarter();
  let other: { worker: Worker; client: IntakeClient; fault: Fault } | null = null;
  return {
    engine: engineClient,
    intake: intake.client,
    map: map.client,
    fault: fault.promise,
    other() {
      if (other) return other.client;
      // Its death takes no run with it.
      const own = makeFault();
      fault.promise.catch(own.raise);
      other = { ...startIntake('other intake', (port) => engine.connectIntake(port, true), own), fault: own };
      return other.client;
    },
    async dropOther() {
      other?.worker.terminate();
      other?.fault.raise(new AppError('cancelled'));
      other = null;
      await engineClient.dropOther();
    },
    dispose() {
      map.dispose();
      engineWorker.terminate();
      intake.worker.terminate();
      other?.worker.terminate();
      fault.raise(new AppError('cancelled'));
    },
  };
}
