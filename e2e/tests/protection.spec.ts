// The page under protection on a plain file host: no film before it holds, one reload at most, a hard reload answered, use
// without a network, and a new version that is offered and leaves nothing of the old one.

import { rmSync } from 'node:fs';
import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { madeFolder } from './folders.ts';
import { openPlainHost, type PlainHost } from './secondOrigin.ts';

test.use({ copies: true });

let host: PlainHost;
test.beforeAll(async () => {
  host = await openPlainHost();
});
test.afterAll(() => host.close());

const isProtected = (page: Page) =>
  expect(page.getByTestId('privacy')).toHaveAttribute('data-protection', 'active');

function countLoads(page: Page): { count: number } {
  const loads = { count: 0 };
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) loads.count += 1;
  });
  return loads;
}

const dropFilm = (page: Page) =>
  page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'film.png', { type: 'image/png' }));
    window.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });

test('without protection no film is taken by any way, and the page says why', async ({ browser }) => {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.addInitScript(() =>
    Object.defineProperty(navigator.serviceWorker, 'register', {
      value: () => Promise.reject(new Error('no')),
    }),
  );
  await page.goto(host.home);
  await expect(page.getByTestId('privacy')).toHaveAttribute('data-protection', 'refused');
  await expect(page.getByTestId('privacy')).toHaveText('not protected');
  await expect(page.getByTestId('source-closed')).toContainText('no film is taken');
  for (const id of [
    'choose-folder',
    'choose-files',
    'folder-input',
    'files-input',
    'load-checkpoint',
    'start-from',
  ]) {
    await expect(page.getByTestId(id)).toBeDisabled();
  }
  await dropFilm(page);
  await expect(page.getByTestId('error')).toContainText('No file is taken while this page is not protected');
  await expect(page.getByTestId('data-panel')).toHaveAttribute('data-state', /^(reading|ready)$/);
  await expect(page.getByTestId('data-panel')).not.toContainText('dropped');
  await context.close();
});

test('on a plain host one reload protects; films are read, also without a network', async ({
  page,
  context,
  watch,
}) => {
  watch.allow(/ERR_INTERNET_DISCONNECTED|update|fetching the script/);
  watch.allowForeign();
  const loads = countLoads(page);
  await page.goto(`${host.home}#preset=smoke&seed=7`);
  await isProtected(page);
  expect(loads.count).toBe(2);
  expect(page.url()).toBe(`${host.home}#preset=smoke&seed=7`);

  await context.setOffline(true);
  loads.count = 0;
  await page.reload();
  await isProtected(page);
  await expect(page.getByTestId('transport')).toHaveAttribute('data-state', 'idle');
  const folder = madeFolder(6);
  await page.getByTestId('folder-input').setInputFiles(folder);
  await expect(page.getByTestId('data-panel')).toContainText('12 films');
  expect(loads.count).toBe(1);
  await expect(page.getByTestId('privacy')).toHaveText('0 B sent');
  await page.getByTestId('privacy').click();
  await expect(page.getByTestId('privacy-card')).toContainText('Works without a networkyes');
  rmSync(folder, { recursive: true });
});

test('a page that comes past its service worker reloads once at most, says why, and is protected when it does not', async ({
  page,
  context,
  watch,
}) => {
  watch.allowForeign();
  await page.goto(host.home);
  await isProtected(page);
  // As after Shift and reload, the browser passes the service worker by; here it goes on doing so.
  const devtools = await context.newCDPSession(page);
  const passBy = (bypass: boolean) => devtools.send('Network.setBypassServiceWorker', { bypass });
  await devtools.send('Network.enable');
  await passBy(true);
  const loads = countLoads(page);
  await page.reload();
  await expect(page.getByTestId('source-closed')).toContainText('came past its service worker');
  expect(loads.count).toBeLessThanOrEqual(2);
  await passBy(false);
  await page.reload();
  await isProtected(page);
});

test('a new version is offered, taken by a press, and the old one is gone', async ({ page, watch }) => {
  watch.allowForeign();
  await page.goto(host.home);
  await isProtected(page);
  const versions = () =>
    page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('mlvicx-app-')));
  const [before] = await versions();
  host.changed.set('/index.html', (text) => text.replace('<title>MLVICX Playground', '<title>New version'));
  host.changed.set('/sw.js', (text) => text.replace(before!.slice('mlvicx-app-'.length), 'fedcba9876543210'));
  await page.reload();
  await isProtected(page);
  expect(await page.title()).toBe('MLVICX Playground');
  await page.getByTestId('take-update').click();
  await expect(page).toHaveTitle('New version');
  await isProtected(page);
  await expect.poll(versions).toEqual(['mlvicx-app-fedcba9876543210']);
  await expect(page.getByTestId('update')).toHaveCount(0);
  host.changed.clear();
});
