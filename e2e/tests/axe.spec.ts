// No view has anything that the accessibility checker calls serious or critical: every view of the page in both themes, lessons,
// glossary, first page and teacher's page in both languages. On the scripted engine, in one page, served as it is developed.

import { createServer, type ViteDevServer } from 'vite';
import { graveFindings } from './axe.mjs';
import { expect, test } from './fixtures.ts';

let server: ViteDevServer;

test.beforeAll(async () => {
  server = await createServer({ logLevel: 'error', server: { port: 0, hmr: false } });
  await server.listen();
});
test.afterAll(() => server.close());

const VIEWS = ['train', 'learnt', 'evaluate', 'study', 'runs', 'device'];

test('nothing serious or critical on any view, in both themes and languages', async ({ page, watch }) => {
  test.setTimeout(300_000);
  watch.allow(/Permissions-Policy|favicon|Content Security Policy/);
  watch.allowForeign();
  const home = server.resolvedUrls!.local[0]!;
  const found: string[] = [];
  // Colours on their way from one theme to the other are nobody's choice.
  await page.addInitScript(() =>
    document.addEventListener('DOMContentLoaded', () => {
      const still = document.createElement('style');
      still.textContent = '*, ::before, ::after { transition: none !important; animation: none !important }';
      document.head.append(still);
    }),
  );
  const check = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const lines = (await graveFindings(page, colorScheme === 'dark')).map(
        (line) => `${name}, ${colorScheme}: ${line}`,
      );
      // Said at once, so that a check that is cut short has said what it saw.
      for (const line of lines) console.log(line);
      found.push(...lines);
    }
  };
  await page.goto(`${home}?fake=beat:1`);
  await expect(page.getByTestId('first-visit')).toBeVisible({ timeout: 60_000 });
  await check('first page');
  await page.goto(`${home}?fake=beat:1#preset=demo&maxSteps=120`);
  await page.reload();
  await page.getByTestId('command-playPause').click();
  await expect(page.getByTestId('transport')).toHaveAttribute('data-state', 'done', { timeout: 60_000 });
  for (const view of VIEWS) {
    await page.getByTestId(`view-${view}`).click();
    await expect(page.getByTestId(`view-${view}`)).toHaveAttribute('aria-selected', 'true');
    await check(view);
  }
  await page.keyboard.press('c');
  for (const language of ['English', '中文']) {
    await page.getByTestId('language').getByText(language).click();
    await check(`lessons, ${language}`);
    await page.getByTestId('begin-views').click();
    await page.getByTestId('lesson-next').click();
    await expect(page.getByTestId('pairs')).toBeVisible();
    await check(`a lesson, ${language}`);
    await page.getByTestId('lesson-leave').click();
    await page.goto(`${home}?fake=beat:1#teacher`);
    await expect(page.getByTestId('teacher')).toBeVisible();
    await check(`teacher's page, ${language}`);
    await page.getByTestId('teacher-leave').click();
    await expect(page.getByTestId('lessons')).toBeVisible();
  }
  expect(found).toEqual([]);
});
