// A run in one go, then in fresh workers on a fresh device with halts and single steps, then after a reset: every
// metric but speed and memory must be the same to the last digit.

import type { App } from './app.ts';
import { expect, test } from './fixtures.ts';

const STEPS = 24;

/** Rows of the exported curves without what time and memory decide. */
async function curves(app: App): Promise<Record<string, string>[]> {
  const { text } = await app.download(app.page.getByTestId('export-csv'));
  const [header = '', ...rows] = text.trimEnd().split(/\r?\n/);
  const names = header.split(',');
  return rows.map((row) => {
    const cells = row.split(',').map((cell, i) => [names[i] ?? '', cell] as const);
    return Object.fromEntries(cells.filter(([name]) => !/^(speed\/|memory\/|active_seconds)/.test(name)));
  });
}

test('runs repeat themselves to the last digit, interrupted, reloaded or reset', async ({ app }) => {
  test.setTimeout(240_000);
  await app.open({ maxSteps: STEPS, seed: 11 });
  await app.command('playPause').click();
  await app.reaches('done');
  const whole = await curves(app);
  expect(whole).toHaveLength(STEPS);
  expect(new Set(whole.map((row) => row['loss/total'])).size).toBe(STEPS);

  await app.page.reload();
  await app.filmsShown();
  await app.command('step').click();
  await app.reachesStep(1);
  await app.reaches('paused');
  await app.command('playPause').click();
  await app.reachesStep(5);
  await app.command('playPause').click();
  // A fast device may be through before it can be halted a second time.
  await expect(app.transport).toHaveAttribute('data-state', /^(paused|done)$/);
  if ((await app.transport.getAttribute('data-state')) === 'paused') await app.command('playPause').click();
  await app.reaches('done');
  expect(await curves(app)).toEqual(whole);

  await app.command('reset').click();
  await app.reaches('ready');
  await app.command('playPause').click();
  await app.reaches('done');
  expect(await curves(app)).toEqual(whole);
});
