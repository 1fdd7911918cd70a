// Whether our policy is in force in this page or worker. It is asked for by doing something harmless that the policy
// forbids, evaluating text, and reading the policy off the browser's report. Nothing is requested from anywhere.

import { holdsOurPolicy } from './headers.ts';

const REPORT_MS = 2000;

function evaluationIsBlocked(): boolean {
  try {
    // biome-ignore lint/security/noGlobalEval: it must fail; that is the probe
    globalThis.eval('0');
    return false;
  } catch {
    return true;
  }
}

/** Cross-origin isolation and a policy with our directives. */
export async function policyHolds(): Promise<boolean> {
  if (!globalThis.crossOriginIsolated) return false;
  const scope: EventTarget = typeof document === 'undefined' ? globalThis : document;
  const stop = new AbortController();
  const report = new Promise<boolean>((resolve) => {
    scope.addEventListener(
      'securitypolicyviolation',
      (event) => {
        const { blockedURI, originalPolicy } = event as Event & {
          blockedURI: string;
          originalPolicy: string;
        };
        if (blockedURI === 'eval' && holdsOurPolicy(originalPolicy)) resolve(true);
      },
      { signal: stop.signal },
    );
    setTimeout(() => resolve(false), REPORT_MS);
  });
  const holds = evaluationIsBlocked() && (await report);
  stop.abort();
  return holds;
}
