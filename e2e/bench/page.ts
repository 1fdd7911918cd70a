// The page of the benchmark: one worker per engine, and one call that puts a request to one of them.

import type { Reply, Request } from './worker.ts';

const workers = new Map<string, Worker>();

function ask(name: string, request: Request): Promise<Reply> {
  let worker = workers.get(name);
  if (!worker) {
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    workers.set(name, worker);
  }
  const asked = worker;
  return new Promise((resolve) => {
    asked.onmessage = (event: MessageEvent<Reply>) => resolve(event.data);
    asked.onerror = (event) => resolve({ error: event.message || 'the worker did not start' });
    asked.postMessage(request);
  });
}

declare global {
  interface Window {
    bench: { ask: typeof ask };
  }
}
window.bench = { ask };
