// One engine in a worker of its own. Each is told to open, then to take one step at a time, so that the page can let
// engines take turns; counts of the step go back with its time.

import { type Counts, installCounters, readCounts, startCounts } from './counters.ts';
import type { KernelRow } from './kernels.ts';
import type { Engine } from './problem.ts';

export type EngineName = 'ours' | 'jax' | 'stock' | 'webgl';

export type Request =
  | { readonly kind: 'open'; readonly engine: EngineName }
  | { readonly kind: 'step' }
  | { readonly kind: 'kernels'; readonly repeats: number };

export interface StepResult {
  readonly ms: number;
  readonly loss: number;
  readonly counts: Counts;
}

export type Reply =
  | { readonly adapter: string }
  | StepResult
  | { readonly adapter: string; readonly rows: readonly KernelRow[] }
  | { readonly error: string };

let engine: Engine | null = null;

async function open(name: EngineName): Promise<Engine> {
  if (name === 'ours') return (await import('./ours.ts')).openOurs();
  if (name === 'jax') return (await import('./jax.ts')).openJax();
  return (await import('./stock.ts')).openStock(name === 'stock' ? 'webgpu' : 'webgl');
}

async function step(): Promise<StepResult> {
  if (!engine) throw new Error('no engine is open');
  startCounts();
  const begin = performance.now();
  const loss = await engine.step();
  return { ms: performance.now() - begin, loss, counts: readCounts() };
}

async function answer(request: Request): Promise<Reply> {
  if (request.kind === 'step') return step();
  if (request.kind === 'kernels') return (await import('./kernels.ts')).compareKernels(request.repeats);
  engine = await open(request.engine);
  return { adapter: engine.adapter };
}

installCounters();
self.onmessage = (event: MessageEvent<Request>) => {
  answer(event.data)
    .catch((cause: unknown): Reply => ({ error: cause instanceof Error ? `${cause.stack}` : String(cause) }))
    .then((reply) => self.postMessage(reply));
};
