// Evaluations from the page, on a trained encoder: the task is chosen, each leaves its table, and the table its export.

import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';

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
