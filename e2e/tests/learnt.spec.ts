// "What is learnt" after one short run on a small folder, in one page: pictures scrubbed along the run, the map of all films with
// its lasso, its gallery and a film's neighbours, a step looked at again from a curve, and a second run of the same seed beside it.

import { rmSync } from 'node:fs';
import type { App } from './app.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder } from './folders.ts';

test('what a short run has learnt: looks, the map of films, neighbours, a step again', async ({ app }) => {
  const folder = madeFolder(12);
  const { page } = app;
  await app.open({ maxSteps: 3, diagnoseEvery: 1, batchSize: 4 });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await expect(page.getByTestId('data-panel')).toContainText('24 films');
  await app.command('playPause').click();
  await app.reaches('done');
  const sheet = page.getByTestId('chart-total').getByRole('slider');
  await sheet.press('Home');
  await sheet.press('Enter');
  const step = page.getByTestId('step-again');
  await expect(step).toHaveAttribute('data-step', '0', { timeout: 60_000 });
  await expect(step.getByRole('img', { name: /^View [12] of film/ })).toHaveCount(8);
  await expect(step).toContainText('by the weights of that step itself');

  await page.getByText('Along the run', { exact: true }).click();
  await expect(page.getByTestId('spectrum')).toContainText('At step 2');
  await page.getByRole('slider', { name: 'Step of the pictures' }).press('ArrowLeft');
  await expect(page.getByTestId('spectrum')).toContainText('At step 1');

  await page.getByText('Map of films', { exact: true }).click();
  await page.getByTestId('map-make').click();
  const map = page.getByTestId('film-map');
  await expect(page.getByTestId('map-card')).toContainText('24 films at step 3, Global', { timeout: 60_000 });
  const box = (await map.boundingBox())!;
  const to = (x: number, y: number) => page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  await to(0.01, 0.01);
  await page.mouse.down();
  for (const [x, y] of [
    [0.99, 0.01],
    [0.99, 0.99],
    [0.01, 0.99],
  ] as const)
    await to(x, y);
  await page.mouse.up();
  await expect(page.getByText('24 films gathered')).toBeVisible();
  await page.getByTestId('map-gallery').click();
  await expect(page.getByRole('button', { name: 'Show all films' })).toBeVisible();
  await expect(page.getByText('24 films', { exact: true })).toBeVisible();
  await page.keyboard.press('Escape');

  await map.press('ArrowRight');
  await map.press('Enter');
  const beside = page.getByTestId('film-neighbours');
  await expect(beside.getByRole('button', { name: /^Film \d+, cosine/ })).toHaveCount(16);
  await page.getByText('UMAP', { exact: true }).click();
  await expect(page.getByTestId('map-card')).toContainText('by UMAP');
  await expect(page.getByTestId('map-progress')).toBeHidden({ timeout: 60_000 });

  await besideItsRepetition(app);
  rmSync(folder, { recursive: true });
});

/** A run of the same seed is the same network: every level is wholly like its own counterpart. */
async function besideItsRepetition(app: App): Promise<void> {
  const { page } = app;
  const before = await app.transport.getAttribute('data-run');
  await app.command('playPause').click();
  await expect(app.transport).not.toHaveAttribute('data-run', before ?? '', { timeout: 60_000 });
  await app.reaches('done');
  await page.getByText('Two runs', { exact: true }).click();
  await page.getByRole('combobox', { name: 'The other run' }).click();
  await page.getByRole('option').first().click();
  await expect(page.getByTestId('one-run')).toHaveCount(2);
  await page.getByTestId('compare-networks').click();
  const across = page.getByTestId('cka-across').getByRole('row');
  await expect(across).toHaveCount(8, { timeout: 60_000 });
  const numbers = (await across.getByRole('cell').allTextContents()).map(Number);
  const size = Math.sqrt(numbers.length);
  expect(numbers.filter((_, i) => i % (size + 1) === 0)).toEqual(Array(size).fill(1));
  expect(numbers.some((likeness) => likeness < 0.9)).toBe(true);
}
