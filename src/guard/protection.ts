// Brings the page under protection before it takes any film. Where the server sends the headers, they are found in force
// at once; on a plain file host the service worker is installed and the page reloaded once, so that the document itself
// comes through it. A hard reload goes past the service worker, and is answered by one plain reload.

import { policyHolds } from './policyProbe.ts';

export type Protection =
  | { readonly state: 'checking' | 'installing' }
  | { readonly state: 'active'; readonly by: 'server' | 'service worker' }
  | { readonly state: 'refused'; readonly reason: string };

const INSTALL_MS = 120_000;
/** Set before a reload, so that a second one is never made in a row. */
const RELOADED = 'mlvicx-guard-reloaded';

const never = new Promise<never>(() => undefined);

function reloadOnce(): Promise<never> | null {
  try {
    if (sessionStorage.getItem(RELOADED)) return null;
    sessionStorage.setItem(RELOADED, '1');
  } catch {
    return null;
  }
  location.reload();
  return never;
}

function forgetReload(): void {
  try {
    sessionStorage.removeItem(RELOADED);
  } catch {
    // Without session storage there was no reload to forget.
  }
}

const cameThroughServiceWorker = (): boolean => {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return (entry?.workerStart ?? 0) > 0;
};

/** The service worker for this folder, newest script. @throws where the browser or the host does not allow one */
export const register = (): Promise<ServiceWorkerRegistration> =>
  navigator.serviceWorker.register('./sw.js', { scope: './', updateViaCache: 'none' });

/** Resolves when a service worker is active here; false when it could not be installed. */
async function installed(registration: ServiceWorkerRegistration): Promise<boolean> {
  if (registration.active) return true;
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return false;
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === 'activated') resolve(true);
      if (worker.state === 'redundant') resolve(false);
    };
    worker.addEventListener('statechange', look);
    setTimeout(() => resolve(false), INSTALL_MS);
    look();
  });
}

/** seal.js leaves this behind; where an extension or a cut page kept it from running, WebRTC would be open. */
const sealRan = (): boolean => (window as { RTCPeerConnection?: unknown }).RTCPeerConnection === undefined;

const refused = (reason: string): Protection => ({ state: 'refused', reason });

async function protectByServiceWorker(): Promise<Protection> {
  if (!('serviceWorker' in navigator) || !isSecureContext) {
    return refused('this address is neither https nor localhost, so no service worker can protect it.');
  }
  try {
    if (!(await installed(await register()))) return refused('the service worker could not be installed.');
  } catch {
    return refused('the browser does not allow a service worker here, as in some private windows.');
  }
  const reload = reloadOnce();
  return (
    reload ??
    refused('the page came past its service worker even after a reload; developer tools can cause that.')
  );
}

/**
 * Ends in `active` or `refused`, or in a reload. `tell` hears the states on the way.
 * In development there is no service worker; the development server sends the headers.
 */
export async function protect(tell: (protection: Protection) => void): Promise<Protection> {
  const end = (protection: Protection): Protection => {
    tell(protection);
    return protection;
  };
  if (!sealRan()) return end(refused('its first script did not run.'));
  if (await policyHolds()) {
    forgetReload();
    return end({ state: 'active', by: cameThroughServiceWorker() ? 'service worker' : 'server' });
  }
  if (import.meta.env.DEV) return end(refused('the development server sent no headers.'));
  tell({ state: 'installing' });
  const protection = await protectByServiceWorker();
  forgetReload();
  return end(protection);
}
