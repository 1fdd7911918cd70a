// Linear evaluation from the page, on a trained encoder, with its table and its export.

import { expect, test } from './fixtures.ts';

test('the evaluation scores three encoders per finding and exports the table', async ({ app }) => {
  await app.open({ maxSteps: 4, probeEpochs: 5 });
  await app.command('playPause').click();
  await app.reaches('done');
  await app.view('Evaluate');
  await app.page.getByTestId('probe-run').click();
  const table = app.page.getByTestId('probe-table');
  await expect(table).toBeVisible({ timeout: 90_000 });
  await expect(table).toContainText(/0\.\d{3}/);

  const { name, text } = await app.download(app.page.getByTestId('probe-export-csv'));
  expect(name).toMatch(/\.csv$/);
  expect(text).toMatch(/pretrained/);
  expect(text).toMatch(/pixels/);
  expect(text.trimEnd().split('\n').length).toBeGreaterThan(2);
});
