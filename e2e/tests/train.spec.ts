// A run by hand: play, pause, step, resume, reset; charts while it trains; what it leaves to take along.

import { metricNames } from '../../src/protocol/metrics.ts';
import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

test('play, pause, one step, resume, end, export in full; reset goes back to the start', async ({ app }) => {
  await app.open({ ...TINY, maxSteps: 5000 });
  await app.command('playPause').click();
  await app.reachesStep(2);
  await app.command('playPause').click();
  await app.reaches('paused');
  const paused = await app.step();
  await app.page.waitForTimeout(700);
  expect(await app.step()).toBe(paused);

  await app.command('step').click();
  await app.reachesStep(paused + 1);
  await app.reaches('paused');
  expect(await app.step()).toBe(paused + 1);

  await app.command('playPause').click();
  await app.reachesStep(paused + 4);
  await app.command('stop').click();
  await app.reaches('done');
  const steps = await app.step();
  const { name, text } = await app.download(app.page.getByTestId('export-csv'));
  expect(name).toMatch(/\.csv$/);
  const [header, ...rows] = text.trimEnd().split(/\r?\n/);
  expect(rows).toHaveLength(steps);
  expect(header!.split(',')).toEqual(expect.arrayContaining(METRIC_NAMES.slice(0, 10)));

  await app.command('reset').click();
  await app.reaches('ready');
  expect(await app.step()).toBe(0);
});

test('a zoom stays while the run goes on, and a double click shows all again', async ({ app }) => {
  await app.open({ ...TINY, maxSteps: 2000 });
  await app.command('playPause').click();
  await app.reachesStep(12);
  const chart = app.page.getByTestId('chart-total');
  await expect(app.page.getByTestId('chart-invariance')).toBeVisible();
  const sheet = chart.getByRole('slider');
  const box = (await sheet.boundingBox())!;
  const y = box.y + box.height / 2;
  await app.page.mouse.move(box.x + box.width * 0.2, y);
  await app.page.mouse.down();
  await app.page.mouse.move(box.x + box.width * 0.5, y, { steps: 5 });
  await app.page.mouse.up();
  await expect(chart).toHaveAttribute('data-zoom', /^\d+:\d+$/);
  const zoom = await chart.getAttribute('data-zoom');
  await app.reachesStep((await app.step()) + 5);
  expect(await chart.getAttribute('data-zoom')).toBe(zoom);
  await expect(app.page.getByTestId('chart-invariance')).toHaveAttribute('data-zoom', zoom!);

  await app.page.getByTestId('zoom-reset').click();
  await expect(chart).not.toHaveAttribute('data-zoom', /./);
  await app.command('playPause').click();
  await app.reaches('paused');
});
