// What was refused to leave, as a list that grows: the seal and the policy add to it, the page's list of requests
// reads it. It is kept on the global object because the seal is a script of its own, loaded before all others.

export interface Refusal {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Where it wanted to go. */
  readonly address: string;
  /** By which way: `popup`, `navigation`, `connect-src` … */
  readonly kind: string;
}

interface Refusals {
  readonly list: Refusal[];
  listener: ((refusal: Refusal) => void) | null;
}

const KEY = Symbol.for('mlvicx.refusals');
const MOST = 1000;

function shared(): Refusals {
  const scope = globalThis as { [KEY]?: Refusals };
  scope[KEY] ??= { list: [], listener: null };
  return scope[KEY];
}

export function noteRefusal(address: string, kind: string): void {
  const refusals = shared();
  const refusal = { at: Date.now(), address, kind };
  if (refusals.list.length < MOST) refusals.list.push(refusal);
  refusals.listener?.(refusal);
}

/** Hears every refusal, those from before first. */
export function onRefusal(listener: (refusal: Refusal) => void): void {
  const refusals = shared();
  for (const refusal of refusals.list) listener(refusal);
  refusals.listener = listener;
}

interface Violation extends Event {
  readonly blockedURI: string;
  readonly effectiveDirective: string;
  readonly sample?: string;
}

/** Blocked evaluation of text is how the page tests that the policy is in force (protection.ts); it goes nowhere. */
const GOES_NOWHERE = /^(eval|inline|wasm-eval|trusted-types-\w+)$/;

/** From now on, what the content security policy stops in this page or worker counts as a refusal. */
export function noteViolations(scope: EventTarget): void {
  scope.addEventListener('securitypolicyviolation', (event) => {
    const { blockedURI, effectiveDirective } = event as Violation;
    if (!GOES_NOWHERE.test(blockedURI)) noteRefusal(blockedURI, effectiveDirective);
  });
}
