// The Device view: the self-test beside a run that then goes on. And runs that begin with weights from a file.

import { METHOD_NAMES } from '../../src/methods/records.ts';
import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { resnetFile } from './weights.ts';

test('the self-test finds this GPU right, and a run under way goes on afterwards', async ({ app }) => {
  test.setTimeout(300_000);
  await app.open({ ...TINY, maxSteps: 3 });
  await app.command('step').click();
  await app.reachesStep(1);
  await app.reaches('paused');

  await app.view('Device');
  await app.page.getByTestId('test-gpu').click();
  await app.reaches('testing');
  await expect(app.command('playPause')).toBeDisabled();
  await expect(app.page.getByTestId('test-gpu')).toBeDisabled();
  const verdict = app.page.getByTestId('self-test-verdict');
  await expect(verdict).toHaveAttribute('data-ok', 'true', { timeout: 240_000 });
  await expect(verdict).toHaveText(
    /^This GPU computes every kernel correctly to 1e-[56], and .* to 1e-[456]\.$/,
  );
  const rows = app.page.getByTestId('self-test-rows').locator('tbody tr');
  expect(await rows.count()).toBeGreaterThan(50);
  await expect(rows.filter({ hasText: 'One training step' })).toHaveCount(4 * METHOD_NAMES.length);
  await app.reaches('paused');

  await app.view('Train');
  await app.command('playPause').click();
  await app.reaches('done');
  expect(await app.step()).toBe(3);
});

test('a run begins with weights from a file that fits, and says so', async ({ app }) => {
  test.setTimeout(180_000);
  await app.open({ maxSteps: 1 });
  const start = app.page.getByTestId('start');
  await expect(start).toContainText('Start: random');
  const choose = async (name: string, buffer: Buffer) => {
    const waiting = app.page.waitForEvent('filechooser');
    await app.page.getByTestId('start-from').click();
    await (await waiting).setFiles({ name, mimeType: 'application/octet-stream', buffer });
    await expect(start).toContainText(`Start: ${name}`);
  };

  await choose('wide.safetensors', resnetFile(16));
  await app.command('playPause').click();
  const error = app.page.getByTestId('error');
  await expect(error).toHaveAttribute('data-code', 'weights-invalid');
  await expect(error).toContainText('width 16, and the encoder width of this run is 8');

  await start.getByRole('button', { name: 'Begin with random weights' }).click();
  await choose('narrow.safetensors', resnetFile(8));
  await app.command('playPause').click();
  await app.reaches('done');
  await expect(start).toContainText('Start: narrow.safetensors');
  await app.view('Runs');
  const { text } = await app.download(app.page.getByTestId('runs-export'));
  expect(JSON.parse(text).runs[0].start).toMatch(/^ResNet-18 weights from a file \(SHA-256 [0-9a-f]{16}\)$/);
});

test('a kernel that is switched off is replaced, in a run too, and says by what', async ({ app }) => {
  test.setTimeout(180_000);
  await app.open({ ...TINY, maxSteps: 1 });
  await app.view('Device');
  const row = app.page.locator('[data-kernel="vicreg"]');
  const toggle = row.getByRole('switch');
  await toggle.click({ force: true });
  await expect(row).toHaveAttribute('data-on', 'false');
  await expect(row).toContainText('tf.matMul');
  const { SHOTS } = process.env;
  if (SHOTS) {
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1440, 800]) {
        await app.page.emulateMedia({ colorScheme: scheme });
        await app.page.setViewportSize({ width, height: 900 });
        await app.page.getByTestId('kernels').scrollIntoViewIfNeeded();
        await app.page.screenshot({ path: `${SHOTS}/kernels-${scheme}-${width}.png` });
      }
    }
    await app.page.setViewportSize({ width: 1440, height: 900 });
  }
  await app.view('Train');
  await app.command('playPause').click();
  await app.reaches('done');
  await app.view('Device');
  await app.page.reload();
  await app.filmsShown();
  await app.view('Device');
  await expect(row).toHaveAttribute('data-on', 'false');
  await row.getByRole('switch').click({ force: true });
  await expect(row).toHaveAttribute('data-on', 'true');
});
