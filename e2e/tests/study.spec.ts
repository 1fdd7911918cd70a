// A study, by command and by click: what it leaves, that one which is cut goes on to the same numbers, and that the page's table
// fills and outlives a reload.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder } from './folders.ts';
import { cutHeadless, headless } from './headless.ts';

const asked = (data: string, out: string) => [
  ...['study', '--data', data, '--methods', 'mlvicx,vicreg', '--seeds', '1', '--shares', '0.3,1'],
  ...[
    '--preset',
    'smoke',
    '--set',
    'probeEpochs=3',
    '--set',
    'width=4',
    '--set',
    'batchSize=4',
    '--steps',
    '60',
  ],
  ...['--tasks', 'linear,neighbours', '--keep-every', '1', '--out', out],
];

/** Everything but what takes time and memory. */
function numbersOf(out: string) {
  const { table, findings, verdict, study } = JSON.parse(readFileSync(path.join(out, 'study.json'), 'utf8'));
  return { table, findings, verdict, tasks: study.tasks };
}

test('a study that is cut goes on, and ends with the numbers of one that was not', async () => {
  test.setTimeout(600_000);
  const [whole, parts] = ['whole-', 'parts-'].map((name) => mkdtempSync(path.join(tmpdir(), name)));
  const data = madeFolder(40);
  const uncut = await headless(...asked(data, whole!));
  expect(uncut.err).toBe('');
  expect(uncut.out).toContain('1 of 12, score raw pixels, seed 1, linear layer');
  expect(uncut.out).toContain('Nearest neighbours, 30 %');
  expect(uncut.out).toContain('With a single seed this is about these encoders');
  for (const file of ['study.json', 'study.csv', 'study.tex', 'report.html']) {
    const text = readFileSync(path.join(whole!, file), 'utf8');
    expect(text.length).toBeGreaterThan(200);
    expect(text).not.toContain('film0');
  }

  const has = (ending: string) =>
    readdirSync(path.join(parts!, 'work')).some((name) => name.endsWith(ending));
  const begun = () => existsSync(path.join(parts!, 'work'));
  // In the middle of a run, which has left a checkpoint and is not trained; then between two pieces.
  await cutHeadless(asked(data, parts!), () => begun() && has('mlvicx-seed1.safetensors'));
  expect(has('mlvicx-seed1.trained.json')).toBe(false);
  await cutHeadless(asked(data, parts!), () => has('mlvicx-seed1.trained.json'));
  const rest = await headless(...asked(data, parts!));
  expect(rest.err).toBe('');
  expect(rest.out).not.toContain('score raw pixels');
  expect(numbersOf(parts!)).toEqual(numbersOf(whole!));

  const other = await headless(...asked(data, parts!).map((word) => (word === '60' ? '7' : word)));
  expect(other.status).toBe(2);
  expect(other.err).toContain('holds another study');
  for (const folder of [data, whole!, parts!]) rmSync(folder, { recursive: true });
});

test('by click: the table fills, and a reload goes on', async ({ app }) => {
  test.setTimeout(300_000);
  const data = madeFolder(40);
  await app.open({ ...TINY, probeEpochs: 3, labelDraws: 1, probeFlip: false });
  await app.takeFolder(data);
  const { page } = app;
  await app.view('Study');
  await page.getByTestId('study-seeds').fill('1');
  await page.getByTestId('study-steps').fill('8');
  await page.getByTestId('study-shares').click();
  for (let i = 0; i < 3; i++) await page.keyboard.press('Backspace');
  await page.keyboard.type('100');
  await page.keyboard.press('Enter');
  await page.getByTestId('study-start').click();
  const row = (id: string) => page.locator(`[data-row="${id}"]`);
  // A run is short: looked for at every frame.
  const training = page.getByTestId('study-progress').filter({ hasText: 'training MLVICX' });
  await training.waitFor({ timeout: 150_000 });

  await page.reload();
  await app.filmsShown();
  await app.reaches('idle');
  await app.takeFolder(data);
  await app.view('Study');
  await expect(row('pixels')).toContainText(/[01]\.\d{3}/);
  await page.getByTestId('study-continue').click();
  await expect(row('vicreg')).toContainText(/[01]\.\d{3}/, { timeout: 150_000 });
  await expect(page.getByTestId('study-verdict')).toContainText('With a single seed');
  await expect(page.getByTestId('study-progress')).toHaveCount(0);

  const { text } = await app.download(page.getByTestId('study-export-json'));
  expect(Object.keys(JSON.parse(text).runs.trained)).toEqual(['mlvicx-seed1', 'vicreg-seed1']);
  await row('vicreg').getByTitle('Show the curves of these runs').click();
  await expect(page.getByTestId('chart-total')).toBeVisible();
  rmSync(data, { recursive: true });
});
