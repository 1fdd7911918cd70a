// Takes from a page or worker what can send without the content security policy noticing: requests with a body, even
// to the app's own server, which has no use for one. Reading files of the app is all that is left.
// Applies to code that runs after it; the policy and the service worker stand behind it.

import { noteRefusal } from './refusals.ts';

/** Puts `value` in place of a property for good. */
export function fix(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: false, configurable: false, enumerable: false });
}

const addressOf = (input: unknown): string => {
  if (input instanceof Request) return input.url;
  try {
    return new URL(String(input), globalThis.location?.href).href;
  } catch {
    return String(input);
  }
};

const isRead = (method: string | undefined) => /^(GET|HEAD)$/i.test(method ?? 'GET');

function refuseFetchBodies(scope: typeof globalThis): void {
  const { fetch } = scope;
  fix(scope, 'fetch', function readingFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    if (isRead(method)) return fetch.call(scope, input, init);
    noteRefusal(addressOf(input), `${method} request`);
    return Promise.reject(new TypeError('This app sends nothing: only GET and HEAD are possible.'));
  });
}

function refuseRequestBodies(scope: typeof globalThis): void {
  const prototype = scope.XMLHttpRequest?.prototype;
  if (!prototype) return;
  const { open } = prototype;
  fix(prototype, 'open', function readingOpen(this: XMLHttpRequest, ...given: Parameters<typeof open>) {
    if (isRead(given[0])) return open.apply(this, given);
    noteRefusal(addressOf(given[1]), `${given[0]} request`);
    throw new TypeError('This app sends nothing: only GET and HEAD are possible.');
  });
}

/** Only GET and HEAD are left of fetch and XMLHttpRequest, and beacons are gone. */
export function makeReadOnly(scope: typeof globalThis): void {
  refuseFetchBodies(scope);
  refuseRequestBodies(scope);
  const { prototype } = scope.Navigator ?? {};
  if (prototype && 'sendBeacon' in prototype) {
    fix(prototype, 'sendBeacon', (address: unknown) => {
      noteRefusal(addressOf(address), 'beacon');
      return false;
    });
  }
}
