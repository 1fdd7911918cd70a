// The service worker: every answer to page and workers passes through `answer`, which adds the headers that a plain file
// host does not send and refuses other origins. It keeps the whole app for use without a network, one version at a
// time; a new version waits until the person takes it or all tabs are closed. Built into sw.js by e2e/tools/guard.ts.
// Its own script comes from the host without a policy, so the first thing it does is to close its own scope.

import { type AnswerFrom, decide } from './decide.ts';
import { HEADERS } from './headers.ts';
import { CHANNEL, type RequestRow, readAddress } from './requestRows.ts';
import { sealServiceWorker } from './sealServiceWorker.ts';

/** Put in by the build: the files of this version and a name made from their content. */
declare const APP: { readonly version: string; readonly files: readonly string[] };

const scope = globalThis as unknown as ServiceWorkerScope;
const PREFIX = 'mlvicx-app-';
const CACHE = PREFIX + APP.version;
const KEPT_ROWS = 500;

const channel = new BroadcastChannel(CHANNEL);
const rows: RequestRow[] = [];

function note(row: Omit<RequestRow, 'at' | 'asker'>): void {
  const entry = { ...row, at: Date.now(), asker: 'service worker' } as const;
  rows.push(entry);
  if (rows.length > KEPT_ROWS) rows.shift();
  channel.postMessage([entry]);
}

const seal = sealServiceWorker((address, kind) =>
  note({ address, kind, outcome: 'refused', sent: 0, received: 0 }),
);

/** The answer with our headers on it; status and content stay. */
function guarded(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : response.body, { status, statusText, headers });
}

/** Asks the app's server, and says so in the list. */
async function ask(request: Request, kind: string): Promise<Response> {
  const { shown, sent } = readAddress(request.url, scope.location.origin);
  const response = await seal.fetch(request);
  const received = Number(response.headers.get('content-length') ?? 0);
  note({ address: shown, kind, outcome: 'server', sent, received });
  return response;
}

async function keepApp(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const file of APP.files) {
    const address = new URL(file, scope.registration.scope);
    // Past the browser's own cache, so that no file of another version gets in.
    const response = await ask(new Request(address, { cache: 'no-cache' }), 'offline copy');
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    await cache.put(address, guarded(response));
  }
}

/** Other versions go, unless a tab may still be running one of them. */
async function dropOldVersions(): Promise<void> {
  const tabs = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (tabs.length > 1) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

async function kept(address: URL): Promise<Response | undefined> {
  const own = await caches.open(CACHE);
  return (await own.match(address)) ?? (await caches.match(address));
}

async function answer(request: Request, from: AnswerFrom): Promise<Response> {
  if (from.kind === 'refuse') {
    const { shown } = readAddress(request.url, scope.location.origin);
    note({ address: shown, kind: from.why, outcome: 'refused', sent: 0, received: 0 });
    return Response.error();
  }
  const found = await kept(from.address);
  return found ? guarded(found) : guarded(await ask(request, request.destination || 'fetch'));
}

scope.addEventListener('install', (event) => {
  event.waitUntil(keepApp().then(() => (scope.registration.active ? undefined : scope.skipWaiting())));
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(dropOldVersions().then(() => scope.clients.claim()));
});

scope.addEventListener('fetch', (event) => {
  const from = decide(event.request, scope.registration.scope);
  event.respondWith(answer(event.request, from));
});

scope.addEventListener('message', ({ data, source }) => {
  if (data === 'take-over') void scope.skipWaiting();
  if (data === 'hello') {
    void dropOldVersions();
    (source as unknown as { postMessage(rows: unknown): void } | null)?.postMessage({ rows });
  }
});
