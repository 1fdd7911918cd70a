// Fine-tuning that is cut: by a reload of the page and by Ctrl+C in the runner. Asked for again it goes on where it was kept, and
// ends with the numbers of one that was not cut.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder } from './folders.ts';
import { cutHeadless, headless } from './headless.ts';

test('a page that is reloaded takes it up, and its table is that of one that was not cut', async ({
  app,
}) => {
  test.setTimeout(300_000);
  const { page } = app;
  await page.addInitScript(() => {
    globalThis.__faults = true;
  });
  const keepOften = () =>
    page.evaluate(
      () =>
        globalThis.__engine!().keep({
          everySteps: 4,
          everySeconds: 1000,
          writingShare: 1,
        }) as unknown as Promise<void>,
    );
  const choose = async () => {
    await app.view('Evaluate');
    await page.getByTestId('probe-task').click();
    await page.getByRole('option', { name: 'Fine-tuning' }).click();
  };
  const exported = async () => (await app.download(page.getByTestId('probe-export-csv'))).text;
  const table = page.getByTestId('probe-table');

  // Few labels: an epoch of eight steps.
  const few = { labelShare: 0.1, labelDraws: 1 };
  await app.open({ ...TINY, ...few, maxSteps: 400, tuneEpochs: 6, tunePatience: 6 });
  await app.command('playPause').click();
  await app.reachesStep(4);
  await app.command('playPause').click();
  await app.reaches('paused');
  await keepOften();
  await choose();
  await page.getByTestId('probe-run').click();
  await expect(page.getByText(/Fine-tuning, pretrained start, draw 1, epoch [1-3] \/ 6/)).toBeVisible({
    timeout: 120_000,
  });

  await page.reload();
  await app.filmsShown();
  await app.reaches('idle');
  await page.getByTestId('resume').click();
  await app.reaches('paused');
  await choose();
  await expect(page.getByTestId('probe-kept')).toContainText(
    /One that was cut is kept up to here: pretrained start, draw 1, epoch [1-6] of 6\./,
  );
  await page.getByTestId('probe-run').click();
  await expect(page.getByText(/Fine-tuning goes on at epoch [1-6] of 6 \(pretrained start/)).toBeVisible();
  await expect(table).toBeVisible({ timeout: 120_000 });
  await expect(page.getByTestId('probe-kept')).toBeHidden();
  const resumed = await exported();
  await page.getByTestId('probe-run').click();
  await expect(page.getByTestId('probe-cancel')).toBeVisible();
  await expect(page.getByTestId('probe-cancel')).toBeHidden({ timeout: 120_000 });
  expect(await exported()).toBe(resumed);
});

test('the runner goes on where it was interrupted, and begins with an encoder from a file', async () => {
  test.setTimeout(600_000);
  const folders = ['run-', 'whole-', 'parts-', 'given-'].map((name) =>
    mkdtempSync(path.join(tmpdir(), name)),
  );
  const [trained, whole, parts, given] = folders as [string, string, string, string];
  const data = madeFolder(40);
  const checkpoint = path.join(trained, 'checkpoint.safetensors');
  const set = (...settings: string[]) => settings.flatMap((one) => ['--set', one]);
  const size = [...['--preset', 'smoke'], ...set('width=4', 'batchSize=4')];
  // A method without bottlenecks, whose encoder other programs can load.
  const method = set('method=vicreg');
  const run = await headless(
    'pretrain',
    '--data',
    data,
    ...size,
    ...method,
    '--steps',
    '3',
    '--out',
    trained,
  );
  expect(run.err).toBe('');
  const asked = (out: string) => [
    ...['evaluate', '--task', 'finetune', '--data', data, '--share', '0.5'],
    ...[...set('tuneEpochs=3', 'labelDraws=2', 'tuneBatch=8', 'tuneLayerFactor=10', 'tunePositives=5')],
    ...['--out', out],
  ];
  const report = (out: string) => {
    const { evaluation } = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
    return { ...evaluation.report, seconds: 0 };
  };
  const uncut = await headless(...asked(whole), '--checkpoint', checkpoint);
  expect(uncut.err).toBe('');
  const under = path.join(parts, 'evaluation-under-way.safetensors');
  await cutHeadless([...asked(parts), '--checkpoint', checkpoint], () => existsSync(under));
  expect(readdirSync(parts)).not.toContain('report.json');
  const rest = await headless(...asked(parts), '--checkpoint', checkpoint);
  expect(rest.err).toBe('');
  // What was trained is not trained again.
  expect(rest.out).not.toContain('random start, draw 1');
  expect(report(parts)).toEqual(report(whole));
  expect(existsSync(under)).toBe(false);

  const encoder = path.join(given, 'resnet.safetensors');
  const out = await headless('export', '--checkpoint', checkpoint, '--as', 'torchvision', '--out', encoder);
  expect(out.err).toBe('');
  const begun = await headless(...asked(given), '--init', encoder, ...size);
  expect(begun.err).toBe('');
  expect(report(given).protocol[0]).toMatch(/^Weights before pretraining: ResNet-18 weights from a file/);
  expect(report(given).step).toBe(0);
  for (const folder of [data, ...folders]) rmSync(folder, { recursive: true });
});
