// Runs that outlive the page: named, pinned, deleted and brought back over reloads; out as one file and in again, with a
// checkpoint that the engine takes up; and files that are refused with nothing left behind.

import { readFileSync } from 'node:fs';
import { strToU8, unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright/test';
import { writeSafetensors } from '../../src/util/safetensors.ts';
import { checksumOf } from '../../src/vault/records.ts';
import { type App, TINY } from './app.ts';
import { expect, test } from './fixtures.ts';

test.use({ copies: true });

const rows = (page: Page) => page.getByTestId('run-row');

async function reload(app: App): Promise<void> {
  await app.page.reload();
  await app.reaches('idle');
  await app.view('Runs');
}

async function importFile(page: Page, buffer: Uint8Array): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByTestId('import-run').click();
  await (await chooser).setFiles({
    name: 'run.mlvicx.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(buffer),
  });
}

/** The file with a model of other shapes in it, everything else as it should be. */
async function withOtherShapes(file: Uint8Array): Promise<Uint8Array> {
  const parts = unzipSync(file);
  const header = new TextDecoder().decode(parts['checkpoint.safetensors']!.subarray(8, 8 + 20_000));
  const metadata = JSON.parse(/"__metadata__":(\{.*?\})(?=,"|\})/.exec(header)![1]!) as Record<
    string,
    string
  >;
  const bias = { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } as const;
  parts['checkpoint.safetensors'] = writeSafetensors(new Map([['a.bias', bias]]), metadata);
  const manifest = JSON.parse(new TextDecoder().decode(parts['manifest.json'])) as {
    parts: Record<string, object>;
  };
  const bytes = parts['checkpoint.safetensors'];
  manifest.parts['checkpoint.safetensors'] = { bytes: bytes.length, sha256: await checksumOf(bytes) };
  parts['manifest.json'] = strToU8(JSON.stringify(manifest));
  return zipSync(parts, { level: 0 });
}

test('a run is kept, carried as a file, and taken up from it; hostile files are refused', async ({ app }) => {
  test.setTimeout(240_000);
  const { page } = app;
  await app.open({ ...TINY, maxSteps: 6 });
  await app.command('step').click();
  await app.reachesStep(1);
  await app.command('step').click();
  await app.reachesStep(2);
  await app.reaches('paused');
  await app.view('Runs');
  await expect(rows(page)).toHaveCount(1);
  const name = (await rows(page).getByTestId('run-name').textContent())!;
  await page.getByLabel(`Rename ${name}`).click();
  await page.getByLabel('Name of the run').fill('Baseline');
  await page.keyboard.press('Enter');
  await page.getByLabel('Overlay Baseline in all charts').check();

  await page.setViewportSize({ width: 800, height: 900 });
  for (const name of ['Train', 'Evaluate', 'Device', 'Runs'] as const) {
    await app.view(name);
    await expect.poll(() => app.beyondTheEdge()).toEqual([]);
  }
  await expect(page.getByLabel('Delete Baseline')).toBeInViewport();
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByLabel('Export Baseline').click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('save-run').click()]);
  expect(download.suggestedFilename()).toBe('baseline.mlvicx.zip');
  const file = new Uint8Array(readFileSync(await download.path()));
  expect(Object.keys(unzipSync(file)).sort()).toEqual([
    'checkpoint.safetensors',
    'manifest.json',
    'run.json',
    'series.safetensors',
  ]);

  await reload(app);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('Baseline');
  await expect(page.getByLabel('Overlay Baseline in all charts')).toBeChecked();
  await page.getByLabel('Delete Baseline').click();
  await expect(rows(page)).toHaveCount(0);
  await page.getByTestId('undo-delete').click();
  await expect(rows(page)).toHaveCount(1);
  await page.getByLabel('Delete Baseline').click();
  await expect(rows(page)).toHaveCount(0);
  // Written a moment after the press; a reload in the same instant would come before it.
  await page.waitForTimeout(1000);
  await reload(app);
  await expect(rows(page)).toHaveCount(0);

  for (const [bad, reason] of [
    [file.slice(0, file.length - 40), 'cut short'],
    [zipSync({ ...unzipSync(file), '../evil.js': strToU8('x') }), '"../evil.js", which does not belong'],
    [await withOtherShapes(file), 'lacks'],
  ] as const) {
    await importFile(page, bad);
    await expect(page.getByTestId('error')).toContainText(reason);
    await expect(rows(page)).toHaveCount(0);
  }
  await importFile(page, file);
  await expect(rows(page)).toContainText('Baseline');
  await app.view('Train');
  await app.filmsShown();
  await app.view('Runs');
  await page.getByLabel('Resume Baseline').click();
  await app.reaches('paused');
  expect(await app.step()).toBe(2);
  await app.command('step').click();
  await app.reachesStep(3);
});
