// The first visit, as someone has it who was given a link: how much is read before anything is pressed, how soon a recorded run is
// seen, that words open the glossary by keyboard, and that a course page on another origin may show a part of it.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page } from 'playwright/test';
import { openDoor } from './door.ts';
import { expect, test } from './fixtures.ts';

/** Bytes of all that is read before anything is pressed, compressed; what it was when this was written is printed. */
const MOST_BYTES = 600_000;
/** A recording is to be seen within 3 s; this machine may have other work, and a time is no reason to fail. */
const PATIENCE_MS = 30_000;

const filmsShown = (page: Page) =>
  expect(page.getByTestId('data-panel')).toHaveAttribute('data-state', 'ready');
const curve = (page: Pick<Page, 'getByTestId'>, chart: string) =>
  page.getByTestId(chart).locator('svg g path[d^=M]').first();

test('before anything is pressed less than 600 kB is read, workers included', async ({
  browser,
  home,
}, info) => {
  const door = await openDoor(home);
  // The copy for use without a network is made afterwards, by the service worker, and is the whole app.
  const context = await browser.newContext({
    serviceWorkers: 'block',
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  await page.goto(door.home);
  await expect(page.getByTestId('first-visit')).toBeVisible();
  await filmsShown(page);
  await expect(page.getByTestId('gates').locator('canvas').first()).toBeVisible();
  await page.waitForLoadState('networkidle');
  const total = door.asked.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = door.asked.toSorted((a, b) => b.bytes - a.bytes);
  const said = `${total} bytes: ${largest.map(({ file, bytes }) => `${file} ${bytes}`).join(', ')}`;
  info.annotations.push({ type: 'first page', description: said });
  console.log(said);
  for (const needed of [/index-.*\.js/, /index-.*\.css/, /engine\.worker/, /intake\.worker/, /seal\.js/])
    expect(
      door.asked.some(({ file }) => needed.test(file)),
      String(needed),
    ).toBe(true);
  expect(total).toBeLessThan(MOST_BYTES);
  await context.close();
  await door.close();
});

test('a recorded run is seen at once, and its words open the glossary by keyboard', async ({
  page,
  home,
}, info) => {
  const begun = performance.now();
  await page.goto(home);
  await page.getByTestId('way-watch').click();
  await expect(curve(page, 'chart-total')).toBeVisible({ timeout: PATIENCE_MS });
  const said = `first curve ${((performance.now() - begun) / 1000).toFixed(2)} s after the visit began`;
  info.annotations.push({ type: 'recorded run', description: said });
  console.log(said);
  await expect(page.getByTestId('recorded')).toBeVisible();
  const opens = async (word: Locator, says: string) => {
    await word.focus();
    await page.keyboard.press('Enter');
    const opened = page.getByRole('dialog').filter({ hasText: says });
    // What was opened takes the focus a moment after it is there.
    await expect.poll(() => opened.evaluate((node) => node.contains(document.activeElement))).toBe(true);
    await page.keyboard.press('Escape');
    await expect(opened).toHaveCount(0);
    await expect(word).toBeFocused();
  };
  const term = page.getByTestId('chart-variance').getByRole('button', { name: /what it means/ });
  await opens(term, 'How much spread the dimensions lack');
  await opens(page.getByTestId('term-method'), 'the same three terms');
  await opens(page.getByTestId('verdict').getByTestId('term-spread').first(), 'standard deviation');
  await page.keyboard.press('c');
  await page.getByTestId('begin-views').click();
  await opens(page.getByTestId('lesson-step').getByTestId('term-view'), 'One random version of a film');
});

/** A page of another origin with the app in a frame. */
async function coursePage(framed: string): Promise<{ address: string; close(): void }> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(
      `<!doctype html><title>course</title><iframe src="${framed}" width="900" height="420" allow="webgpu"></iframe>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

test('a course page on another origin shows parts of it where the headers name it, and else nothing', async ({
  page,
  home,
  watch,
}) => {
  watch.allow(/frame-ancestors|refused to connect|Framing/i);
  watch.allowForeign();
  const refused = await coursePage(`${home}#embed&show=loss,views`);
  await page.goto(refused.address);
  await expect.poll(() => page.frames().length).toBe(2);
  await expect(page.frameLocator('iframe').getByTestId('embed')).toHaveCount(0);
  // What a build has from whom docs/teaching.md tells to change that one line.
  const allowed = (quote: string) => `${quote}'self' http://127.0.0.1:*${quote}`;
  const door = await openDoor(home, [
    { from: "frame-ancestors 'none'", to: "frame-ancestors 'self' http://127.0.0.1:*" },
    { from: /"frame-ancestors":`'none'`/g, to: `"frame-ancestors":${allowed('`')}` },
  ]);
  const course = await coursePage(`${door.home}#embed&show=loss,views`);
  await page.goto(course.address);
  const frame = page.frameLocator('iframe');
  await frame.getByTestId('embed-watch').click();
  await expect(curve(frame, 'chart-total')).toBeVisible();
  await expect(frame.getByTestId('views').locator('canvas')).toHaveCount(2);
  await expect(frame.getByText('internal', { exact: true })).toHaveCount(0);
  // The browser of this test gives a frame of another origin neither storage nor locks; a run needs neither.
  const training = await coursePage(`${door.home}#preset=smoke&maxSteps=3&embed&show=loss`);
  await page.goto(training.address);
  await frame.getByTestId('command-playPause').click();
  await expect(frame.getByTestId('transport')).toHaveAttribute('data-state', 'done', { timeout: 90_000 });
  training.close();
  refused.close();
  course.close();
  await door.close();
});
