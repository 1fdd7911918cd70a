// Labels, parts and quality in the page: what was detected is shown and asked about, choices relabel without reading the
// films again, overlapping lists are refused with a way out, and films that look wrong can be left out.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder } from './folders.ts';

const CLASSES = ['NORMAL', 'SICK'] as const;

/** 24 made films under NIH names, one of them twice, with label files of several formats and a row too many. */
function labelledFolder(): string {
  const made = madeFolder(12);
  const folder = mkdtempSync(path.join(tmpdir(), 'labels-'));
  mkdirSync(path.join(folder, 'images'));
  const names = CLASSES.flatMap((name, group) =>
    Array.from({ length: 12 }, (_, i) => {
      const film = `${String(12 * group + i + 1).padStart(8, '0')}_000.png`;
      copyFileSync(path.join(made, name, `film${i}.png`), path.join(folder, 'images', film));
      return film;
    }),
  );
  copyFileSync(path.join(folder, 'images', names[0]!), path.join(folder, 'images', '00000099_000.png'));
  const rows = names.map(
    (name, i) => `${name},${i < 12 ? 'No Finding' : i % 2 ? 'Mass|Effusion' : 'Mass'},${i + 1},PA`,
  );
  writeFileSync(
    path.join(folder, 'Data_Entry_2017.csv'),
    ['Image Index,Finding Labels,Patient ID,View Position', ...rows, '00000555_000.png,Mass,555,PA', ''].join(
      '\n',
    ),
  );
  writeFileSync(
    path.join(folder, 'BBox_List_2017.csv'),
    `Image Index,Finding Label,Bbox [x,y,w,h],,,\n${names[13]},Mass,256,256,512,256\n`,
  );
  const uncertain = names.map((name, i) => `${name},${i % 3 === 0 ? -1 : i % 2}`);
  writeFileSync(path.join(folder, 'other.csv'), ['file,Edema', ...uncertain, ''].join('\n'));
  rmSync(made, { recursive: true });
  return folder;
}

/** 24 films in two tables of one kind, their parts in a third with a word that is not known, and a second reading. */
function askingFolder(): string {
  const made = madeFolder(12);
  const folder = mkdtempSync(path.join(tmpdir(), 'asking-'));
  const names = CLASSES.flatMap((name) =>
    Array.from({ length: 12 }, (_, i) => {
      copyFileSync(path.join(made, name, `film${i}.png`), path.join(folder, `${name}${i}.png`));
      return `${name}${i}.png`;
    }),
  );
  const label = (i: number) => (i % 3 === 0 ? '"Mass X, Nodule Y"' : i % 3 === 1 ? 'Fibrosis Z' : 'normal');
  const table = (from: number, to: number, shift = 0) =>
    [
      'file,label',
      ...names.slice(from, to).map((name, i) => `${name},${label(from + i + (i < 2 ? shift : 0))}`),
      '',
    ].join('\n');
  writeFileSync(path.join(folder, 'train.csv'), table(0, 16));
  writeFileSync(path.join(folder, 'test.csv'), table(16, 24));
  writeFileSync(path.join(folder, 'second_reading.csv'), table(0, 16, 1));
  const part = (i: number) => (i < 12 ? 'train' : i < 16 ? 'eval' : 'test');
  writeFileSync(
    path.join(folder, 'split.csv'),
    ['file,split', ...names.map((name, i) => `${name},${part(i)}`), ''].join('\n'),
  );
  rmSync(made, { recursive: true });
  return folder;
}

test('labels are asked about, and read anew as chosen', async ({ app }) => {
  const folder = labelledFolder();
  await app.open();
  const { page } = app;
  await page.getByTestId('folder-input').setInputFiles(folder);
  const report = page.getByTestId('label-report');
  await expect(report).toContainText('NIH finding labels, 48 of 49 rows matched');
  await expect(report).toContainText('3 of 3 label files used.');
  await expect(report).toContainText('1 row without a film, 1 film without a row');
  await expect(report).toContainText('1 box on 1 film');
  await expect(report).toHaveAttribute('data-confirmed', 'false');

  await page.getByTestId('labels-open').click();
  const dialog = page.getByTestId('labels-dialog');
  await expect(dialog).toContainText('NIH boxes; 1 of 1 rows match. Drawn over the films, 1 film.');
  await expect(dialog).toContainText('24 of 24 rows match. Joined by film, 24 films.');
  await dialog.getByTestId('problems-show').click();
  await expect(dialog).toContainText('name hidden');
  await dialog.getByRole('button', { name: 'Show names' }).click();
  await expect(dialog).toContainText('00000555_000.png');
  const saved = await app.download(dialog.getByRole('button', { name: 'Save as CSV' }));
  expect(saved.text.trim().split('\n')).toEqual([
    'problem,label_file,row,name',
    'row without a film,Data_Entry_2017.csv,25,00000555_000.png',
    'film without a row,,,images/00000099_000.png',
  ]);

  await page.keyboard.press('Escape');
  await page.getByTestId('next-film').click({ clickCount: 13 });
  await page.getByTestId('open-film').click();
  await expect(page.getByTestId('marks')).toHaveAttribute('aria-label', 'Mass: 1 box');
  // There before the stage has been measured.
  await expect(page.getByTestId('marks')).toBeVisible();
  const [film, box] = await Promise.all([
    page.getByTestId('marks').boundingBox(),
    page.getByTestId('marks').getByTestId('mark-box').boundingBox(),
  ]);
  expect((box!.x - film!.x) / film!.width).toBeCloseTo(0.25, 2);
  expect(box!.width / film!.width).toBeCloseTo(0.5, 2);
  expect(box!.height / film!.height).toBeCloseTo(0.25, 2);
  await page.getByTestId('viewer-close').click();

  await page.getByTestId('labels-open').click();
  await dialog.getByRole('checkbox', { name: 'Data_Entry_2017.csv' }).uncheck();
  await dialog.getByRole('button', { name: 'Columns of other.csv' }).click();
  await dialog.getByTestId('labels-apply').click();
  await expect(report).toContainText('columns of 0 and 1, 24 of 24 rows matched');
  await expect(report).toHaveAttribute('data-confirmed', 'true');
  await expect(page.getByTestId('counts')).toContainText('Edema');
  await page.getByTestId('labels-open').click();
  await dialog.getByRole('radiogroup', { name: '-1 means' }).getByText('present').click();
  await dialog.getByTestId('labels-apply').click();
  await expect(page.getByTestId('counts').locator('tr', { hasText: 'Edema' })).toBeVisible();
  await page.getByTestId('labels-open').click();
  await expect(dialog.getByTestId('match-report')).toContainText('8 cells say -1: present.');
  rmSync(folder, { recursive: true });
});

test('tables of one set are stacked and joined; what cannot be known is asked', async ({ app }, info) => {
  const folder = askingFolder();
  await app.open();
  const { page } = app;
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.filmsShown();
  await expect(page.getByTestId('label-files-used')).toHaveText('3 of 4 label files used.');
  await expect(page.getByTestId('split')).toContainText(
    '4 film(s) are left out: it is not known which part "eval" (4) is',
  );
  await page.getByTestId('parts-question').getByRole('button', { name: 'Say' }).click();
  const dialog = page.getByTestId('labels-dialog');
  const line = (name: string) =>
    dialog.getByTestId('label-file').filter({ has: page.getByRole('checkbox', { name, exact: true }) });
  await expect(line('train.csv')).toContainText('Gives the labels');
  await expect(line('test.csv')).toContainText('More rows of the same table');
  await expect(line('split.csv')).toContainText('Joined by film, 24 films.');
  await expect(line('second_reading.csv')).toContainText(
    'Not used: train.csv says the same findings of 16 of its 16 films.',
  );
  await expect(dialog.getByTestId('separator-question')).toContainText(
    'does not say whether “Mass X, Nodule Y” is one class',
  );
  await expect(dialog.getByTestId('part-words')).toContainText('eval 4 films');
  for (const [width, scheme] of [
    [1440, 'light'],
    [1440, 'dark'],
    [800, 'light'],
    [800, 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: info.outputPath(`labels-${width}-${scheme}.png`) });
  }
  // Opened from the drawer it lies over it, and stays when the panel has its column again.
  await page.keyboard.press('Escape');
  await page.getByTestId('open-setup').click();
  await page.getByTestId('labels-open').click();
  await dialog.getByRole('combobox', { name: 'List parted by' }).click({ trial: true });
  await page.setViewportSize({ width: 1440, height: 900 });
  await dialog.getByRole('combobox', { name: 'List parted by' }).click();
  await page.getByRole('option', { name: 'nothing: one class a cell' }).click();
  await dialog.getByRole('combobox', { name: 'The part eval is' }).click();
  await page.getByRole('option', { name: 'validation' }).click();
  await dialog.getByTestId('labels-apply').click();
  await expect(page.getByTestId('counts')).toContainText('Mass X, Nodule Y');
  await expect(page.getByTestId('parts-question')).toBeHidden();
  await expect(page.getByTestId('split')).not.toContainText('left out');
  await page.getByTestId('labels-open').click();
  await dialog.getByRole('checkbox', { name: 'second_reading.csv' }).check();
  await dialog.getByTestId('labels-apply').click();
  await page.getByTestId('labels-open').click();
  await expect(dialog.getByTestId('match-report')).toContainText(
    'On 2 film(s) the tables contradict each other',
  );
  await dialog.getByRole('button', { name: 'As detected' }).click();
  await expect(dialog.getByRole('checkbox', { name: 'test.csv' })).toBeChecked();
  rmSync(folder, { recursive: true });
});

test('parts are drawn anew, and a duplicate is left out; the engine trains on what remains', async ({
  app,
}) => {
  const folder = labelledFolder();
  await app.open({ ...TINY, maxSteps: 2 });
  const { page } = app;
  await page.getByTestId('folder-input').setInputFiles(folder);
  await expect(page.getByTestId('data-panel')).toContainText('25 films');
  await expect(page.getByTestId('quality-duplicate-count')).toHaveText('1');
  await page.getByTestId('quality-duplicate').getByRole('checkbox').check();
  await expect(page.getByTestId('left-out-films')).toHaveText('1 film left out of all parts.');
  await page.getByTestId('split-open').click();
  await page.getByTestId('split-form').getByLabel('Seed').fill('7');
  await page.getByTestId('split-apply').click();
  await expect(page.getByTestId('split')).toContainText('drawn with seed 7');
  await page.getByRole('button', { name: 'Show films: Duplicate' }).click();
  await expect(page.getByRole('dialog')).toContainText('2 films');
  await expect(page.getByRole('dialog')).toContainText(/left out · (looks inverted, )?duplicate/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await app.command('playPause').click();
  await app.reaches('done');
  rmSync(folder, { recursive: true });
});

test('overlapping lists are refused with the count, and read once a way out is chosen', async ({ app }) => {
  const folder = labelledFolder();
  const names = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `${String(from + i + 1).padStart(8, '0')}_000.png`).join(
      '\n',
    );
  writeFileSync(path.join(folder, 'train_val_list.txt'), names(0, 20));
  writeFileSync(path.join(folder, 'test_list.txt'), names(16, 24));
  await app.open();
  const { page } = app;
  await page.getByTestId('folder-input').setInputFiles(folder);
  const panel = page.getByTestId('data-panel');
  await expect(panel).toContainText('4 of 8 test films are in train too, with 4 of 8 test patients');
  await page.getByTestId('way-out').filter({ hasText: 'Leave out what overlaps' }).click();
  await app.filmsShown();
  await expect(page.getByTestId('split')).toContainText('As given by the lists of names (2 files)');
  rmSync(folder, { recursive: true });
});
