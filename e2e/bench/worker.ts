// One engine in a worker of its own. Each is told to open, then to take one step at a time, so that the page can let
// engines take turns; counts of the step go back with its time.

import { type Counts, installCounters, readCounts, startCounts } from './counters.ts';
import type { KernelRow } from './kernels.ts';
import type { MethodRow } from './methods.ts';
import type { Engine } from './problem.ts';
import type { ScalingRow } from './scaling.ts';

/** `training` is ours as the app runs it, views included. */
export type EngineName = 'ours' | 'training' | 'jax' | 'stock' | 'webgl';

export type Request =
  | { readonly kind: 'open'; readonly engine: EngineName }
  | { readonly kind: 'step' }
  | { readonly kind: 'kernels'; readonly repeats: number }
  | { readonly kind: 'scaling'; readonly repeats: number }
  | { readonly kind: 'methods'; readonly repeats: number };

export interface StepResult {
  readonly ms: number;
  readonly loss: number;
  readonly counts: Counts;
}

export type Reply =
  | { readonly adapter: string }
  | StepResult
  | { readonly adapter: string; readonly kernels: readonly KernelRow[] }
  | { readonly adapter: string; readonly scaling: readonly ScalingRow[] }
  | { readonly adapter: string; readonly methods: readonly MethodRow[] }
  | { readonly error: string };

let engine: Engine | null = null;

async function open(name: EngineName): Promise<Engine> {
  if (name === 'ours') return (await import('./ours.ts')).openOurs();
  if (name === 'training') return (await import('./training.ts')).openTraining();
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
  if (request.kind === 'kernels') {
    const { adapter, rows } = await (await import('./kernels.ts')).compareKernels(request.repeats);
    return { adapter, kernels: rows };
  }
  if (request.kind === 'scaling') {
    const { adapter, rows } = await (await import('./scaling.ts')).measureScaling(request.repeats);
    return { adapter, scaling: rows };
  }
  if (request.kind === 'methods') {
    const { adapter, rows } = await (await import('./methods.ts')).measureMethods(request.repeats);
    return { adapter, methods: rows };
  }
  if (request.kind === 'open') {
    engine = await open(request.engine);
    return { adapter: engine.adapter };
  }
  return request satisfies never;
}

installCounters();
self.onmessage = (event: MessageEvent<Request>) => {
  answer(event.data)
    .catch((cause: unknown): Reply => ({ error: cause instanceof Error ? `${cause.stack}` : String(cause) }))
    .then((reply) => self.postMessage(reply));
};
