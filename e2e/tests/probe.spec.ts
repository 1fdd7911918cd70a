// Evaluations from the page, on a trained encoder: the task is chosen, each leaves its table, and the table its export.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder, maskedFolder } from './folders.ts';

test('each task scores three encoders per finding, and the table can be exported', async ({ app }) => {
  test.setTimeout(240_000);
  await app.open({ ...TINY, maxSteps: 4, probeEpochs: 5, imageSize: 48 });
  await app.command('playPause').click();
  await app.reaches('done');
  await app.view('Evaluate');
  const table = app.page.getByTestId('probe-table');
  const task = app.page.getByTestId('probe-task');
  await expect(task).toHaveValue('Nearest neighbours');
  await app.page.getByTestId('probe-run').click();
  await expect(table).toBeVisible({ timeout: 90_000 });
  await expect(app.page.getByText('Vote of the 20 nearest')).toBeVisible();

  await task.click();
  await app.page.getByRole('option', { name: 'Linear evaluation' }).click();
  await expect(table).toBeHidden();
  await app.page.getByTestId('probe-run').click();
  await expect(table).toBeVisible({ timeout: 90_000 });
  await expect(table).toContainText(/0\.\d{3}/);

  const looks = app.page.getByTestId('class-map');
  await expect(looks).toContainText(
    /By the labels this film .*; the layer gives it 0\.\d\d\. The map has 2 × 2 places/,
  );
  await expect(looks.getByRole('img', { name: /with the class map of/ })).toBeVisible();
  const picture = await app.download(app.page.getByTestId('class-map-png'));
  expect(picture.name).toMatch(/class-map.*film-1.*\.png$/i);
  expect([...picture.bytes.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  const values = await app.download(app.page.getByTestId('class-map-npy'));
  expect(values.text).toContain("'shape': (48, 48)");

  await app.page.getByTestId('look-kind').getByText('Grad-CAM').click();
  await app.page.getByTestId('look-level').getByText('2', { exact: true }).click();
  await expect(looks).toContainText('The map has 12 × 12 places');
  await app.page.getByTestId('look-kind').getByText('Gate', { exact: true }).click();
  await expect(looks.getByRole('img', { name: /with the gate of/ })).toBeVisible();

  const films = await app.download(app.page.getByTestId('probe-export-films'));
  const [head, ...lines] = films.text.trimEnd().split('\n');
  expect(head).toBe('film,finding,label,pretrained,random,pixels');
  expect(lines.every((line) => /^\d+,\w+,[01]?(,-?[\d.e-]+){3}$/.test(line))).toBe(true);

  const { name, text } = await app.download(app.page.getByTestId('probe-export-csv'));
  expect(name).toMatch(/\.csv$/);
  expect(text).toMatch(/pretrained/);
  expect(text).toMatch(/pixels/);
  expect(text.trimEnd().split('\n').length).toBeGreaterThan(2);
});

test('an evaluation can be called off, and the model is there as before', async ({ app }) => {
  await app.open({ ...TINY, maxSteps: 4 });
  await app.command('playPause').click();
  await app.reaches('done');
  await app.view('Evaluate');
  await app.page.getByTestId('probe-task').click();
  await app.page.getByRole('option', { name: 'Fine-tuning' }).click();
  await app.page.getByTestId('probe-run').click();
  await app.page.getByTestId('probe-cancel').click();
  await expect(app.page.getByTestId('probe-cancel')).toBeHidden({ timeout: 60_000 });
  await expect(app.page.getByText('The model is there: press Evaluate.')).toBeVisible();
});

test('masks beside films are learnt and saved; another folder is evaluated on, named, and let go of', async ({
  app,
}) => {
  test.setTimeout(240_000);
  const [own, other] = [maskedFolder(20), madeFolder(12)];
  const { page } = app;
  await app.open({ ...TINY, maxSteps: 4, maskEpochs: 2, neighbourCount: 5 });
  await page.getByTestId('folder-input').setInputFiles(own);
  await app.filmsShown();
  await app.command('playPause').click();
  await app.reaches('done');
  await app.view('Evaluate');
  const choose = async (task: string) => {
    await page.getByTestId('probe-task').click();
    await page.getByRole('option', { name: task }).click();
  };
  await choose('Segmentation');
  await page.getByTestId('probe-run').click();
  await expect(page.getByTestId('mask-scores')).toBeVisible({ timeout: 120_000 });
  await expect(page.getByTestId('mask-examples')).toContainText('Best');
  const { bytes } = await app.download(page.getByTestId('mask-save'));
  expect(Object.keys(unzipSync(bytes))).toEqual(['film.npy', 'drawn.npy', 'truth.npy']);

  await page.getByTestId('other-folder-input').setInputFiles(other);
  await expect(page.getByTestId('other-words')).toContainText('test films', { timeout: 60_000 });
  await choose('Nearest neighbours');
  await page.getByTestId('probe-run').click();
  const [mine, theirs] = [own, other].map((folder) => path.basename(folder));
  const report = page.getByRole('region', { name: 'Nearest neighbours' });
  await expect(report).toContainText(`pretrained on ${mine}, evaluated on ${theirs}.`, { timeout: 90_000 });
  // Both folders hold the same noise without a finding.
  await expect(report).toContainText(/\d+ of the \d+ test films are among those it was pretrained on/);
  const scores = await app.download(page.getByTestId('probe-export-films'));
  expect(scores.text).toMatch(/^film,finding,label,.*\n(\d+,SICK,.*\n)+$/);

  await page.getByTestId('other-drop').click();
  await expect(page.getByTestId('evaluate-films')).toBeHidden();
  await choose('Segmentation');
  await expect(page.getByTestId('mask-save')).toBeVisible();
  expect(await app.step()).toBe(4);
  await expect(page.getByText(`${mine} · 40 films`)).toBeVisible();
  for (const folder of [own, other]) rmSync(folder, { recursive: true });
});
