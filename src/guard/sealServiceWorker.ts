// Closes the service worker's own scope: what could reach another origin from there is replaced or removed, and the
// real fetch stays with the caller of this function. Must run before anything else in the scope.

import { fix } from './readOnly.ts';

type Refuse = (address: string, kind: string) => void;

const GONE = [
  'WebSocket',
  'EventSource',
  'WebTransport',
  'RTCPeerConnection',
  'XMLHttpRequest',
  'importScripts',
];

const addressOf = (input: unknown) =>
  new URL(input instanceof Request ? input.url : String(input), location.href).href;

/** @returns the fetch of the app's own origin, reading only, as everyone in the scope has it from now on */
export function sealServiceWorker(refuse: Refuse): { fetch: (request: Request) => Promise<Response> } {
  const scope = globalThis as unknown as Record<string, unknown>;
  const native = globalThis.fetch.bind(globalThis);
  const isOurs = (input: unknown) => new URL(addressOf(input)).origin === location.origin;
  const closed = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    if (isOurs(input) && /^(GET|HEAD)$/i.test(method)) return native(input, init);
    refuse(addressOf(input), `${method} request`);
    return Promise.reject(new TypeError('The service worker asks the app’s own server only.'));
  };
  fix(globalThis, 'fetch', closed);
  for (const name of GONE) if (name in scope) fix(globalThis, name, undefined);
  for (const name of ['add', 'addAll'] as const) {
    fix(Cache.prototype, name, () => Promise.reject(new TypeError('Files are kept by keepApp only.')));
  }
  closeClients(refuse);
  return { fetch: closed };
}

/** A service worker may open windows and steer tabs; this one does not. */
function closeClients(refuse: Refuse): void {
  const scope = globalThis as unknown as Record<string, { prototype: object } | undefined>;
  const deny = (kind: string) => (address: unknown) => {
    refuse(String(address), kind);
    return Promise.reject(new TypeError('The service worker opens nothing.'));
  };
  if (scope.WindowClient) fix(scope.WindowClient.prototype, 'navigate', deny('navigation'));
  if (scope.Clients) fix(scope.Clients.prototype, 'openWindow', deny('popup'));
  if (scope.BackgroundFetchManager)
    fix(scope.BackgroundFetchManager.prototype, 'fetch', deny('background fetch'));
}
