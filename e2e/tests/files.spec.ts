// Folders as they come from disks and network storage, dropped on the page: names that Chrome hides from handles, thumbnails
// of a NAS, masks beside films, and folders left out by a tick.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dropFolder } from '../headless/dropFolder.ts';
import { expect, test } from './fixtures.ts';
import { madeFilm } from './folders.ts';

let folder = '';
let made = 0;
const put = (place: string) => {
  const full = path.join(folder, place);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, madeFilm(48, made++, made % 2 === 0));
};
test.beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'files-'));
});
test.afterEach(() => rmSync(folder, { recursive: true }));

const HIDDEN = [
  'time 12:30:45.png',
  'what?.png',
  'star*.png',
  'quote".png',
  'less<more>.png',
  'pipe|x.png',
  'back\\slash.png',
  ' leading.png',
  'con.png',
  'trailing dot.',
  'trailing space ',
  'link.lnk',
  '2020-01-01T10:00/in a hidden folder.png',
];

test('a dropped folder has every film, whatever its name, and is not remembered', async ({ app }) => {
  for (const name of ['plain.png', 'umlaut_ü.png', 'hash#1.png', 'ward/100%.png', ...HIDDEN]) put(name);
  await app.open();
  await dropFolder(app.page, folder, { x: 700, y: 400 });
  await expect(app.page.getByTestId('data-panel')).toContainText(`${HIDDEN.length + 4} films`);
  await app.page.reload();
  await expect(app.page.getByTestId('choose-folder')).toBeVisible();
  await expect(app.page.getByTestId('open-again')).toHaveCount(0);
});

test('thumbnails of a NAS and masks are no films, and a tick leaves a folder out', async ({ app }) => {
  for (let i = 0; i < 12; i++) {
    for (const group of ['A', 'B', 'spoilt']) put(`${group}/images/${group}${i}.png`);
    put(`A/masks/A${i}.png`);
    put(`@eaDir/A${i}.png/SYNOPHOTO_THUMB_M.jpg`);
  }
  await app.open();
  await dropFolder(app.page, folder, { x: 700, y: 400 });
  const panel = app.page.getByTestId('data-panel');
  await expect(panel).toContainText('36 films');
  await app.page.getByTestId('skipped-toggle').click();
  const reasons = app.page.getByTestId('skipped-reason');
  await expect(reasons.filter({ hasText: 'it lies in a folder "masks" beside the films' })).toContainText(
    '12 ×',
  );
  await expect(reasons.filter({ hasText: '@eaDir' })).toContainText('1 ×');
  // A folder that was taken for masks opens the section by itself.
  const row = (name: string) =>
    app.page.getByTestId('subfolder').filter({ has: app.page.getByTitle(name, { exact: true }) });
  const folders = app.page.getByTestId('subfolders');
  await expect(row('spoilt')).toContainText('12');
  await expect(folders).toContainText('1 left out');
  await row('spoilt').getByRole('checkbox').click();
  await expect(folders).toContainText('2 left out');
  await row('spoilt').getByRole('checkbox').click();
  await expect(folders).toContainText('1 left out');

  await app.page.getByTestId('mask-folder').getByRole('checkbox').click();
  await expect(panel).toContainText('48 films');
  await expect(folders).not.toContainText('left out');
});
