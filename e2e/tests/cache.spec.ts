// The cache of decoded films in a real browser: the first visit fills it, the second takes the films from it, and whatever
// happens to it in between (a changed file, a pack gone, a full disk, another tab, erasure) costs time, never films.

import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright/test';
import { dropFolder } from '../headless/dropFolder.ts';
import { makeFilms } from '../tools/films.mjs';
import { type App, TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { headless } from './headless.ts';

test.use({ copies: true });

const FILMS = 120;
let folder = '';

test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'many-'));
  makeFilms(folder, FILMS, 96);
});
test.afterAll(() => rmSync(folder, { recursive: true }));

const storage = (page: Page) => page.getByTestId('storage');
const cacheSize = (page: Page) => page.getByTestId('cache');

async function read(app: App, films = FILMS): Promise<void> {
  await app.page.getByTestId('folder-input').setInputFiles(folder);
  await expect(app.page.getByTestId('data-panel')).toContainText(`${films} films`, { timeout: 60_000 });
  await app.filmsShown();
}

async function again(app: App): Promise<void> {
  await app.page.goto('about:blank');
  await app.open();
}

/** Names of the packs; with `remove` one of them is taken away behind the app's back. */
const packs = (page: Page, remove = false) =>
  page.evaluate(async (taking) => {
    const root = await navigator.storage.getDirectory();
    const cache = await root.getDirectoryHandle('film-cache', { create: true });
    const names: string[] = [];
    for await (const name of cache.keys()) names.push(name);
    if (taking) await cache.removeEntry(names[0]!);
    return names;
  }, remove);

test('a second visit takes every film from the cache, and trains from it without waiting', async ({
  app,
}) => {
  await app.open();
  await read(app);
  await expect(storage(app.page)).toHaveAttribute('data-found', '0');
  await expect(cacheSize(app.page)).toHaveAttribute('data-films', String(FILMS));
  await app.page.goto('about:blank');
  await app.open({ ...TINY, maxSteps: 48 });
  await read(app);
  await expect(storage(app.page)).toHaveAttribute('data-found', String(FILMS));
  await expect(storage(app.page)).toHaveAttribute('data-memory', '0');
  // A thumbnail that nobody decoded in this visit.
  await expect(
    app.page
      .getByRole('button', { name: /^(Open|Inspect) / })
      .locator('canvas')
      .first(),
  ).toBeVisible();
  await app.command('playPause').click();
  await app.reaches('done');
  const waits = app.page.getByTestId('data-waits');
  await expect(waits).toContainText(/48 steps?|of 48/);
  // Steps of the first epoch, of which there are 20, may wait for the reader; from the second one on none does.
  expect(Number(await waits.getAttribute('data-waited'))).toBeLessThanOrEqual(20);
});

test('a changed file and a pack that is gone are decoded again, and nothing else', async ({ app }) => {
  await app.open();
  await read(app);
  const below = path.join(folder, 'images_001');
  const [first] = readdirSync(below);
  utimesSync(path.join(below, first!), new Date(), new Date(2020, 1, 1));
  await again(app);
  await read(app);
  await expect(storage(app.page)).toHaveAttribute('data-found', String(FILMS - 1));
  await app.page.goto('about:blank');
  await app.open();
  expect((await packs(app.page, true)).length).toBe(2);
  await read(app);
  const found = Number(await storage(app.page).getAttribute('data-found'));
  expect([1, FILMS - 1]).toContain(found);
  await expect(cacheSize(app.page)).toHaveAttribute('data-films', String(FILMS));
});

test('erasing leaves nothing on disk, and the folder can be read again', async ({ app }) => {
  await app.open();
  await read(app);
  await app.page.getByTestId('erase-cache').click();
  await app.page.getByTestId('erase-cache-sure').click();
  await expect(app.page.getByTestId('data-panel')).toHaveAttribute('data-state', 'empty');
  await expect(app.page.getByTestId('cache')).toHaveCount(0);
  expect(await packs(app.page)).toEqual([]);
  await read(app);
  await expect(storage(app.page)).toHaveAttribute('data-found', '0');
});

test('when the browser grants too little, the rest is trained on from memory, and said so', async ({
  app,
}) => {
  const client = await app.page.context().newCDPSession(app.page);
  await app.open({ ...TINY, maxSteps: 4 });
  const origin = new URL(app.page.url()).origin;
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 800_000 });
  await read(app);
  await expect(app.page.getByTestId('storage-notice')).toContainText('used up');
  const inMemory = Number(await storage(app.page).getAttribute('data-memory'));
  expect(inMemory).toBeGreaterThan(0);
  await app.command('playPause').click();
  await app.reaches('done');
  await client.send('Storage.overrideQuotaForOrigin', { origin });
});

test('while another tab writes, films stay in memory, and said so', async ({ app }) => {
  await app.open();
  // Whoever holds the writer's lock is to the worker as good as another tab.
  await app.page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        void navigator.locks.request('mlvicx-film-cache-writer', () => {
          resolve();
          return new Promise(() => undefined);
        });
      }),
  );
  await read(app);
  await expect(app.page.getByTestId('storage-notice')).toContainText('Another tab');
  await expect(storage(app.page)).toHaveAttribute('data-memory', String(FILMS));
});

test('a picked folder is walked, can be cancelled, and is offered again after a reload', async ({ app }) => {
  await app.open();
  const below = path.join(folder, 'images_001');
  const files = readdirSync(below).map((name) => [
    name,
    readFileSync(path.join(below, name)).toString('base64'),
  ]);
  /** The picker cannot be driven, so a folder in the browser's own file system stands for the chosen one. */
  await app.page.evaluate(async (entries) => {
    const root = await navigator.storage.getDirectory();
    const chosen = await root.getDirectoryHandle('picked', { create: true });
    const inner = await chosen.getDirectoryHandle('ward', { create: true });
    for (const [name, text] of entries) {
      const writable = await (await inner.getFileHandle(name!, { create: true })).createWritable();
      await writable.write(Uint8Array.from(atob(text!), (char) => char.charCodeAt(0)));
      await writable.close();
    }
    window.showDirectoryPicker = async () => chosen;
  }, files);
  const panel = app.page.getByTestId('data-panel');
  // Both clicks from within, before even a fast machine has read the folder.
  await app.page.evaluate(async () => {
    const button = (name: string) => document.querySelector<HTMLElement>(`[data-testid=${name}]`);
    button('choose-folder')?.click();
    while (!button('cancel-reading')) await new Promise(requestAnimationFrame);
    button('cancel-reading')?.click();
  });
  await expect(panel).toHaveAttribute('data-state', 'empty');
  await app.page.getByTestId('choose-folder').click();
  await expect(panel).toContainText(`${FILMS} films`, { timeout: 60_000 });
  await again(app);
  await app.page.getByTestId('open-again').click();
  await expect(panel).toContainText(`${FILMS} films`);
  await expect(storage(app.page)).toHaveAttribute('data-found', String(FILMS));
});

test('a folder dropped from the disk is walked by its handle, and offered again after a reload', async ({
  app,
}) => {
  await app.open();
  await dropFolder(app.page, folder, { x: 700, y: 400 });
  const panel = app.page.getByTestId('data-panel');
  await expect(panel).toContainText(`${FILMS} films`, { timeout: 60_000 });
  await expect(panel).toContainText(path.basename(folder));
  await expect(storage(app.page)).toHaveAttribute('data-memory', '0');
  await again(app);
  // Chrome asks the person here, whom a test cannot stand in for; the picked folder above needs no leave.
  await expect(app.page.getByTestId('open-again')).toContainText(path.basename(folder));
  await dropFolder(app.page, folder, { x: 700, y: 400 });
  await expect(storage(app.page)).toHaveAttribute('data-found', String(FILMS));
});

test('training is the same bit by bit from the cache and from memory', async () => {
  test.setTimeout(240_000);
  const run = async (cache: 'yes' | 'no') => {
    const out = mkdtempSync(path.join(tmpdir(), 'run-'));
    const tiny = ['--set', 'width=4', '--set', 'batchSize=4'];
    const call = [
      'pretrain',
      '--data',
      folder,
      '--preset',
      'smoke',
      '--steps',
      '48',
      '--cache',
      cache,
      ...tiny,
    ];
    const { err, status } = await headless(...call, '--out', out);
    expect([err, status]).toEqual(['', 0]);
    // From the second epoch on the films are at hand before the step: the first has 20 steps of 4 films.
    const { dataWaits } = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
    expect(dataWaits.lastStep).toBeLessThan(20);
    const lines = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const checkpoint = readFileSync(path.join(out, 'checkpoint.safetensors'));
    rmSync(out, { recursive: true });
    const metrics = lines.map((line) =>
      Object.entries(JSON.parse(line)).filter(([name]) => !/^(speed|memory)\/|Seconds/.test(name)),
    );
    return { metrics, checkpoint: checkpoint.toString('base64') };
  };
  expect(await run('yes')).toEqual(await run('no'));
});

test('the runner measures a folder through the cache', async () => {
  const { out, err, status } = await headless('cache', '--data', folder, '--size', '64', '--sample', '40');
  expect([err, status]).toEqual(['', 0]);
  expect(out).toContain(`First visit: ${FILMS} films, 0 left out`);
  expect(out).toMatch(new RegExp(`${FILMS} films found`));
  expect(out).toMatch(/100 % +\d+ MB/);
});
