// The `test` of every browser spec: hands out the app, and fails if, by the end of the test, the page or a worker
// threw, the console showed an error, or anything was asked of another origin.
// A spec that provokes an error on purpose names it with `allow`. One that is about the service worker, or about pages that come from
// its copy of the app, says `test.use({ copies: true })`: elsewhere each page would copy the whole app beside what is tested.

import { type BrowserContext, test as base, type ConsoleMessage } from 'playwright/test';
import { App } from './app.ts';

export { expect } from 'playwright/test';

interface Watch {
  /** Everything that must not have happened so far, one line each. */
  readonly offences: string[];
  /** Console errors that match are expected in this test. */
  allow(pattern: RegExp): void;
  /** Asking another origin is what this test does; whether anything got there is for it to check. */
  allowForeign(): void;
}

/** Pages of the context find a browser that allows no service worker, as some private windows do. */
export async function withoutCopies(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    if (!('ServiceWorkerContainer' in globalThis)) return;
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error('not in this test'));
  });
}

const LOCAL_SCHEMES = ['data:', 'blob:', 'about:'];

function isForeign(address: string, home: string): boolean {
  const url = new URL(address);
  return !LOCAL_SCHEMES.includes(url.protocol) && url.origin !== new URL(home).origin;
}

const whereOf = (message: ConsoleMessage) => message.location().url.split('/').at(-1) ?? '';

export const test = base.extend<{ copies: boolean; home: string; watch: Watch; app: App }>({
  copies: [false, { option: true }],
  context: async ({ context, copies }, use) => {
    if (!copies) await withoutCopies(context);
    await use(context);
  },
  home: async ({ browserName: _ }, use) => {
    const url = process.env.PLAYGROUND_URL;
    if (!url) throw new Error('PLAYGROUND_URL is not set: globalSetup did not run');
    await use(url);
  },
  watch: [
    async ({ page, context, home }, use) => {
      const offences: string[] = [];
      const allowed: RegExp[] = [];
      let foreignAllowed = false;
      page.on('pageerror', (error) => offences.push(`page error: ${error.stack ?? error.message}`));
      page.on('console', (message) => {
        if (message.type() !== 'error') return;
        if (allowed.some((pattern) => pattern.test(message.text()))) return;
        offences.push(`console error: ${message.text()} (${whereOf(message)})`);
      });
      context.on('request', (request) => {
        if (!foreignAllowed && isForeign(request.url(), home))
          offences.push(`foreign request: ${request.url()}`);
      });
      const allowForeign = () => {
        foreignAllowed = true;
      };
      await use({ offences, allow: (pattern) => allowed.push(pattern), allowForeign });
      if (offences.length > 0) throw new Error(`the page misbehaved:\n${offences.join('\n')}`);
    },
    { auto: true },
  ],
  app: async ({ page, home }, use) => use(new App(page, home)),
});
