// The headers that every answer carries, from the one table in headers.json: the server of `npm start`, Vite's servers,
// the service worker and the page's own check all take them from there.
// `Connection-Allowlist` is the strictest of them: Chrome holds WebRTC, popups and preconnects to it, which a
// content security policy does not reach. Browsers that do not know it fall back on the policy and on seal.ts.

import table from './headers.json' with { type: 'json' };

const text = (policy: Readonly<Record<string, string>>) =>
  Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');

export const POLICY = text(table.policy);

/** Header names and values for every answer of the built app. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  ...table.headers,
};

/** The same for the development server, whose live reload needs an inline script and a socket. */
export function developmentHeaders(): Record<string, string> {
  const { 'Connection-Allowlist': _, ...headers } = table.headers;
  const policy = { ...table.policy, 'script-src': `${table.policy['script-src']} 'unsafe-inline'` };
  return { 'Content-Security-Policy': text(policy), ...headers };
}

/** Whether a policy, as a violation report quotes it, holds everything that ours does. */
export function holdsOurPolicy(
  policy: string,
  ours: Readonly<Record<string, string>> = table.policy,
): boolean {
  const directives = new Set(policy.split(';').map((part) => part.trim()));
  const needed = ['default-src', 'connect-src', 'form-action', 'frame-src', 'base-uri'] as const;
  return needed.every((name) => directives.has(`${name} ${ours[name]}`));
}
