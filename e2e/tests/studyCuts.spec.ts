// A study in the page that is cut three times, by a reload, a lost device and a closed browser, each time in the middle of a run
// whose newest checkpoint lies some steps back: it ends with the numbers of one that was not cut.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium } from 'playwright/test';
import type { Config } from '../../src/config/schema.ts';
import { chromiumFlags, findChromium, PAGE_DRAWN_ELSEWHERE } from '../tools/chromium.mjs';
import { App, TINY } from './app.ts';
import { expect, test, withoutCopies } from './fixtures.ts';
import { madeFolder } from './folders.ts';

// Many enough that a run is still under way on a quick machine when the test has seen it begin.
const STEPS = 40;
const EVERY = 5;
const SETTINGS: Partial<Config> = { ...TINY, probeEpochs: 3, labelDraws: 1, probeFlip: false };
const LONG = { timeout: 150_000 };

async function browserOn(profile: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: (await findChromium()) ?? undefined,
    args: [
      ...chromiumFlags(process.env.GPU === 'hardware' ? 'hardware' : 'software'),
      ...PAGE_DRAWN_ELSEWHERE,
    ],
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
  });
  await withoutCopies(context);
  await context.addInitScript(() => {
    globalThis.__faults = true;
  });
  return context;
}

/** The Study view of a page whose runs are kept every few steps. */
async function onStudy(context: BrowserContext, home: string, films: string): Promise<App> {
  const app = new App(context.pages()[0] ?? (await context.newPage()), home);
  await app.open(SETTINGS);
  await settled(app, films);
  return app;
}

async function settled(app: App, films: string): Promise<void> {
  await app.takeFolder(films);
  await app.keepOften(EVERY);
  await app.view('Study');
}

async function begin({ page }: App): Promise<void> {
  await page.getByTestId('study-seeds').fill('1');
  await page.getByTestId('study-steps').fill(String(STEPS));
  await page.getByTestId('study-shares').click();
  for (let i = 0; i < 3; i++) await page.keyboard.press('Backspace');
  await page.keyboard.type('100');
  await page.keyboard.press('Enter');
  await page.getByTestId('study-start').click();
}

/** In the middle of a run of the method, beyond its first checkpoint. */
async function midst(app: App, method: string): Promise<void> {
  await app.page.waitForFunction(
    ({ words, kept, steps }) => {
      const shown = (id: string) => document.querySelector<HTMLElement>(`[data-testid=${id}]`);
      const progress = shown('study-progress')?.textContent ?? '';
      const step = Number(shown('transport')?.dataset.step);
      // Until its first step the transport shows the end of the run before.
      return progress.includes(words) && step > kept && step < steps;
    },
    { words: `training ${method}`, kept: EVERY + 1, steps: STEPS },
    LONG,
  );
}

/** Everything but what takes time and memory, and the curves that were drawn. */
async function numbers(app: App) {
  const { page } = app;
  await expect(page.getByTestId('study-verdict')).toContainText('With a single seed', LONG);
  await expect(page.getByTestId('study-progress')).toHaveCount(0, LONG);
  const { text } = await app.download(page.getByTestId('study-export-json'));
  const { table, findings, verdict, runs } = JSON.parse(text);
  const curves = Object.entries<{ curve: unknown; steps: number }>(runs.trained).map(
    ([id, { curve, steps }]) => ({ id, curve, steps }),
  );
  return { table, findings, verdict, curves };
}

test('a reload, a lost device and a closed browser cost a study nothing', async ({ home }) => {
  test.setTimeout(600_000);
  const [whole, parts] = ['whole-', 'parts-'].map((name) => mkdtempSync(path.join(tmpdir(), name)));
  const films = madeFolder(40);
  let context = await browserOn(whole!);
  let app = await onStudy(context, home, films);
  await begin(app);
  const uncut = await numbers(app);
  expect(uncut.curves.map(({ steps }) => steps)).toEqual([STEPS, STEPS]);
  await context.close();

  context = await browserOn(parts!);
  app = await onStudy(context, home, films);
  await begin(app);
  await midst(app, 'MLVICX');
  await app.page.reload();
  await app.filmsShown();
  await app.reaches('idle');
  await settled(app, films);
  await app.page.getByTestId('study-continue').click();
  await midst(app, 'VICReg');
  await app.page.evaluate(
    () => globalThis.__engine!().inject([{ kind: 'lose-now' }]) as unknown as Promise<void>,
  );
  await expect(app.page.getByText(/GPU device lost and reopened/).first()).toBeVisible(LONG);
  await context.close();

  context = await browserOn(parts!);
  app = await onStudy(context, home, films);
  await app.page.getByTestId('study-continue').click();
  expect(await numbers(app)).toEqual(uncut);
  await context.close();
  for (const folder of [films, whole!, parts!]) rmSync(folder, { recursive: true });
});
