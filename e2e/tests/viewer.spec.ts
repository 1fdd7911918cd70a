// The film viewer: opened from a thumbnail, windowed, turned; identifying tags hidden until asked for, and whatever a
// file says shown as text.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright/test';
import { greyElements, writeDicom } from '../../src/data/testDicom.ts';
import { expect, test } from './fixtures.ts';

const MARKUP = '<img src=x onerror="document.body.dataset.harmed=1"><b>Doe</b>';
const NAME = MARKUP.slice(0, 60);

/** Twelve patients with markup for a name; a horizontal ramp of 12 bits, pixels twice as high as wide. */
function dicomFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'films-'));
  const [rows, cols] = [40, 60];
  const pixels = Array.from({ length: rows * cols }, (_, i) => Math.round((4095 * (i % cols)) / (cols - 1)));
  for (let i = 0; i < 12; i++) {
    const more = [
      { tag: 0x00100010, vr: 'PN', value: NAME },
      { tag: 0x00100020, vr: 'LO', value: `SECRET-${i}` },
      { tag: 0x00185101, vr: 'CS', value: 'PA' },
      { tag: 0x00280030, vr: 'DS', value: '0.4\\0.2' },
      { tag: 0x00281050, vr: 'DS', value: '2048' },
      { tag: 0x00281051, vr: 'DS', value: '4096' },
    ];
    const file = writeDicom({ elements: greyElements({ rows, cols, stored: 12, pixels, more }) });
    writeFileSync(path.join(folder, `<img src=x onerror=alert(1)>${i}.dcm`), file);
  }
  return folder;
}

/** Grey of the film at a share of its width, in the middle row. */
const greyAt = (page: Page, share: number) =>
  page.getByTestId('viewer-stage').evaluate((stage, x) => {
    const canvas = stage.querySelector('canvas')!;
    const context = canvas.getContext('2d')!;
    return context.getImageData(Math.floor(x * (canvas.width - 1)), canvas.height >> 1, 1, 1).data[0]!;
  }, share);

test('a film is opened, windowed and turned; its tags are text, and those that identify are hidden', async ({
  app,
}) => {
  const folder = dicomFolder();
  await app.open();
  const { page } = app;
  await page.getByTestId('folder-input').setInputFiles(folder);
  await expect(page.getByTestId('data-panel')).toContainText('12 films');
  await page.getByTestId('open-gallery').click();
  await page.getByRole('button', { name: 'Open Film 3', exact: true }).click();
  const viewer = page.getByTestId('viewer');
  await expect(viewer).toHaveAttribute('data-state', 'shown');
  await expect(page.getByTestId('viewer-title')).toContainText('film 3 of 12');

  const shape = () =>
    page.getByTestId('viewer-film').evaluate((film) => film.clientWidth / film.clientHeight);
  await expect.poll(shape).toBeCloseTo(60 / 80, 1);
  await expect.poll(() => greyAt(page, 1)).toBe(255);
  expect(Math.abs((await greyAt(page, 0.5)) - 128)).toBeLessThan(4);
  await page.getByTestId('viewer-film').hover({ position: { x: 5, y: 5 } });
  await expect(page.getByTestId('viewer-spot')).toHaveText(/^0, 0: 0$/);
  const stage = (await page.getByTestId('viewer-stage').boundingBox())!;
  await page.mouse.move(stage.x + 200, stage.y + 300);
  await page.mouse.down();
  await page.mouse.move(stage.x + 200, stage.y + 400);
  await page.mouse.up();
  await expect.poll(() => greyAt(page, 0.5)).toBeLessThan(100);
  await page.getByTestId('window-reset').click();
  await expect.poll(() => greyAt(page, 0.5)).toBeGreaterThan(120);

  const tags = page.getByTestId('tag-table');
  await expect(tags).toContainText("Patient's name");
  await expect(tags).not.toContainText('SECRET');
  await expect(tags).not.toContainText('onerror');
  await page.getByTestId('show-identifiers').click();
  await expect(tags).toContainText('SECRET-');
  await expect(tags).toContainText(NAME.slice(0, 20));
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);

  await page.getByRole('button', { name: 'Open Film 1', exact: true }).click();
  await page.getByTestId('viewer-next').click();
  await expect(page.getByTestId('viewer-title')).toContainText('film 2 of 12');
  await expect(tags).not.toContainText('SECRET');
  if (process.env.SHOTS) {
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [1440, 800]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${process.env.SHOTS}/viewer-${scheme}-${width}.png` });
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  }
  await page.getByTestId('viewer-close').click();

  await page.getByRole('switch', { name: 'File names' }).click();
  await expect(page.getByTestId('film-caption').first()).toContainText('<img');
  expect(await page.evaluate(() => document.body.dataset.harmed)).toBeUndefined();
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  rmSync(folder, { recursive: true });
});
