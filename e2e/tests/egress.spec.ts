// Nothing leaves: page, engine worker and service worker try every way to a second origin on this machine, under the
// headers of our server, under the headers alone, and on a plain file host. A page without any protection comes first:
// there everything must arrive, or the rest would prove nothing.

import type { BrowserContext, Page } from 'playwright/test';
import { PAGE_WAYS, type Target, tryFromPage, tryFromWorker, tryToLeave, WORKER_WAYS } from './attempts.ts';
import { expect, test } from './fixtures.ts';
import { openPlainHost, openSecondOrigin, type PlainHost, type SecondOrigin } from './secondOrigin.ts';

test.use({ copies: true });

/** Longer than a STUN request takes to be sent, and than the slowest way of the control page. */
const SETTLE_MS = 1500;

let second: SecondOrigin;
let host: PlainHost;
let target: Target;

test.beforeAll(async () => {
  second = await openSecondOrigin();
  host = await openPlainHost();
  target = { address: second.address, stun: second.stun, frameRtc: true };
});
test.afterAll(async () => {
  await second.close();
  await host.close();
});

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** All of these arrive, however long a busy machine takes to send them. */
async function arrive(ways: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  const missing = () => {
    for (const way of second.arrived()) seen.add(way);
    return ways.filter((way) => !seen.has(way));
  };
  await expect.poll(missing).toEqual([]);
}

async function protectedPage(page: Page, home: string): Promise<void> {
  await page.goto(home);
  await expect(page.getByTestId('privacy')).toHaveAttribute('data-protection', 'active');
  await expect.poll(() => page.workers().some((worker) => /engine/.test(worker.url()))).toBe(true);
  second.arrived();
}

async function tryEverything(page: Page, context: BrowserContext): Promise<void> {
  const engine = page.workers().find((worker) => /engine/.test(worker.url()))!;
  await page.evaluate(tryFromPage, target);
  await engine.evaluate(tryFromWorker, target);
  const [service] = context.serviceWorkers();
  if (service) await service.evaluate(tryFromWorker, target);
  await settle();
  await page.evaluate(tryToLeave, second.address);
  await settle();
}

test('from an unprotected page and its worker everything arrives', async ({ page, watch }) => {
  watch.allow(/./);
  watch.allowForeign();
  await page.goto(`${host.home}empty.html`);
  second.arrived();
  await page.evaluate(tryFromPage, target);
  await arrive(PAGE_WAYS);
  const [worker] = await Promise.all([
    page.waitForEvent('worker'),
    page.evaluate(() => void new Worker(URL.createObjectURL(new Blob([''])))),
  ]);
  await worker.evaluate(tryFromWorker, target);
  await arrive(WORKER_WAYS);
  await page.evaluate(tryToLeave, second.address).catch(() => undefined);
  await arrive(['navigation']);
});

test('nothing arrives under the headers of the server', async ({ page, app, context, home, watch }) => {
  watch.allow(/./);
  watch.allowForeign();
  await protectedPage(page, home);
  await expect.poll(() => context.serviceWorkers().length).toBe(1);
  await tryEverything(page, context);
  expect(second.arrived()).toEqual([]);
  expect(page.url()).toBe(home);
  await app.view('Device');
  const panel = page.getByTestId('requests');
  await expect(panel).toHaveAttribute('data-foreign', '0');
  await expect(panel).toHaveAttribute('data-sent', '0');
  await panel.getByText('Refused', { exact: true }).click();
  for (const asker of ['page', 'engine', 'service worker']) {
    await expect(
      panel.locator('tr', { hasText: asker }).filter({ hasText: '/by/fetch' }).first(),
    ).toBeVisible();
  }
});

test('nothing arrives under the headers alone, with the seal taken away', async ({
  browser,
  home,
  watch,
}) => {
  watch.allow(/./);
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.route('**/seal.js', (route) => route.fulfill({ body: '' }));
  await page.goto(home);
  await expect(page.getByTestId('privacy')).toHaveAttribute('data-protection', 'refused');
  second.arrived();
  await page.evaluate(tryFromPage, { ...target, frameRtc: false });
  await settle();
  await page.evaluate(tryToLeave, second.address).catch(() => undefined);
  await settle();
  expect(second.arrived()).toEqual([]);
  await context.close();
});

test('nothing arrives on a plain file host, once the page takes films', async ({ page, context, watch }) => {
  watch.allow(/./);
  watch.allowForeign();
  await protectedPage(page, host.home);
  await expect(page.getByTestId('privacy')).toHaveAttribute('data-sent', '0');
  await tryEverything(page, context);
  expect(second.arrived()).toEqual([]);
  expect(page.url()).toBe(host.home);
  await expect(page.getByTestId('privacy')).toHaveText('0 B sent');
});
