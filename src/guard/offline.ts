// The app without a network: whether its copy in this browser is complete, and whether a newer version has come that
// waits to be taken. A new version is never put under a page at work; it is offered.

import { register } from './protection.ts';

export interface Offline {
  /** preparing: the copy is being made. ready: works without a network. unavailable: this browser keeps none. */
  readonly copy: 'preparing' | 'ready' | 'unavailable';
  /** A newer version is complete and waits. */
  readonly update: boolean;
}

let waiting: ServiceWorker | null = null;

/** Keeps the copy up to date from now on; `tell` hears every change. */
export async function watchOffline(tell: (offline: Offline) => void): Promise<void> {
  if (!('serviceWorker' in navigator)) return tell({ copy: 'unavailable', update: false });
  tell({ copy: 'preparing', update: false });
  let registration: ServiceWorkerRegistration;
  try {
    registration = await register();
  } catch {
    return tell({ copy: 'unavailable', update: false });
  }
  const look = () => {
    waiting = registration.waiting;
    tell({ copy: registration.active ? 'ready' : 'preparing', update: waiting !== null });
  };
  const follow = (worker: ServiceWorker | null) => worker?.addEventListener('statechange', look);
  follow(registration.installing);
  registration.addEventListener('updatefound', () => follow(registration.installing));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
  });
  look();
}

/** Puts the waiting version in place and loads it. What this page holds in memory is lost. */
export function takeUpdate(): void {
  if (!waiting) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage('take-over');
}
