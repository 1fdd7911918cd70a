// Films in the page: the built-in set, a folder with a bad file in it, and a real folder with its label file.

import { rmSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { hasRealFilms, madeFolder, realFolder } from './folders.ts';

test('the built-in set is there, and said to be synthetic', async ({ app }) => {
  await app.open();
  await expect(app.page.getByTestId('synthetic-badge')).toBeVisible();
  await expect(app.command('playPause')).toBeEnabled();
  await expect(app.page.getByTestId('counts')).toContainText('Pneumothorax');
});

test('a link names another built-in set, whose films are drawn when they are seen', async ({ app }) => {
  await app.open({ syntheticSeed: 11 });
  const panel = app.page.getByTestId('data-panel');
  await expect(app.page.getByTestId('dataset-name')).toContainText('set 11');
  await expect(panel).toContainText(/2,\d{3} films/);
  await expect(panel.locator('canvas').first()).toBeVisible();
});

test('a folder is read through the directory input; the bad file is listed and stops nothing', async ({
  app,
}) => {
  const folder = madeFolder(12);
  await app.open();
  await app.page.getByTestId('folder-input').setInputFiles(folder);
  const panel = app.page.getByTestId('data-panel');
  await expect(panel).toContainText('24 films');
  await expect(app.page.getByTestId('counts')).toContainText('SICK');
  await expect(app.page.getByTestId('skipped-count')).toHaveText('1 left out');
  rmSync(folder, { recursive: true });
});

test('a real folder with its label file is read and trained on', async ({ app }) => {
  test.skip(!hasRealFilms, 'no real films: ../shared/data/cxr-folder is absent');
  const folder = realFolder(60);
  await app.open({ maxSteps: 6 });
  await app.page.getByTestId('folder-input').setInputFiles(folder);
  await expect(app.page.getByTestId('data-panel')).toContainText('60 films');
  await expect(app.page.getByTestId('counts')).toContainText('pneumonia');
  await expect(app.page.getByTestId('label-report')).toContainText('60 of 60 rows matched');
  await app.command('playPause').click();
  await app.reaches('done');
  expect(await app.step()).toBe(6);
  rmSync(folder, { recursive: true });
});
