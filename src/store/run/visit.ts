// The first visit: who only looks at the page need not wait for the engine, which is most of the program. It is read with the first
// press of a button or key, at once where a link says what is wanted, and on every later visit.

import { wake } from './acts.ts';

/** After the first press. */
const WAKES_WITHIN_MS = 2000;

const STORAGE_KEY = 'mlvicx-visited';

/** Nothing was ever pressed here, and the link asks for nothing. */
export function isFirstVisit(): boolean {
  try {
    return globalThis.location.hash === '' && globalThis.localStorage.getItem(STORAGE_KEY) === null;
  } catch {
    return false;
  }
}

let begin = (): void => undefined;
/** Someone has begun: with the first press, or by coming again or by a link. What only a run needs is read then. */
export const begun = new Promise<void>((resolve) => {
  begin = resolve;
});
if (!isFirstVisit()) begin();

/** Before whoever hears the press acts on it. */
export function wakeOnPress(): void {
  const pressed = () => {
    begin();
    for (const kind of ['click', 'keydown'] as const) globalThis.removeEventListener(kind, pressed, true);
    try {
      globalThis.localStorage.setItem(STORAGE_KEY, '1');
    } catch {
      // Then every visit is a first one.
    }
    // A recorded run that was asked for comes first; Play does not wait for this.
    requestIdleCallback(() => void wake(), { timeout: WAKES_WITHIN_MS });
  };
  for (const kind of ['click', 'keydown'] as const) globalThis.addEventListener(kind, pressed, true);
}
