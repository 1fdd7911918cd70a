// Evaluations that train, cut by a reload of the page and by Ctrl+C in the runner. Asked for again they go on where they were kept, and
// end with the numbers of one that was not cut.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import type { Config } from '../../src/config/schema.ts';
import { readSafetensors } from '../../src/util/safetensors.ts';
import { type App, TINY } from './app.ts';
import { expect, test } from './fixtures.ts';
import { madeFolder, maskedFolder } from './folders.ts';
import { cutHeadless, headless } from './headless.ts';

/** A task that trains networks: what it is asked on the page, what it says on the way, and what it shows in the end. */
interface Training {
  readonly name: string;
  folder(): string;
  readonly settings: Partial<Config>;
  /** The training that is cut. */
  readonly first: string;
  readonly goesOn: string;
  /** Everything that a cut might have changed. */
  outcome(app: App): Promise<unknown>;
}

const TRAININGS: readonly Training[] = [
  {
    name: 'Fine-tuning',
    folder: () => madeFolder(40),
    settings: { tuneEpochs: 4, tunePatience: 4, tuneBatch: 8 },
    first: 'pretrained start, draw 1',
    goesOn: 'Fine-tuning goes on',
    outcome: async (app) => {
      await expect(app.page.getByTestId('probe-table')).toBeVisible({ timeout: 120_000 });
      return (await app.download(app.page.getByTestId('probe-export-csv'))).text;
    },
  },
  {
    name: 'Segmentation',
    folder: () => maskedFolder(20),
    settings: { maskEpochs: 4, maskPatience: 4, randomEncoders: 1 },
    first: 'random encoder 1, draw 1',
    goesOn: 'The decoder goes on',
    outcome: async (app) => {
      const scores = app.page.getByTestId('mask-scores');
      await expect(scores).toBeVisible({ timeout: 120_000 });
      const { bytes } = await app.download(app.page.getByTestId('mask-save'));
      return [await scores.textContent(), unzipSync(bytes)];
    },
  },
];

for (const { name, folder, settings, first, goesOn, outcome } of TRAININGS) {
  test(`a page that is reloaded takes it up, and ends as one that was not cut: ${name}`, async ({ app }) => {
    test.setTimeout(300_000);
    const { page } = app;
    await page.addInitScript(() => {
      globalThis.__faults = true;
    });
    const choose = async () => {
      await app.view('Evaluate');
      await page.getByTestId('probe-task').click();
      await page.getByRole('option', { name }).click();
    };

    const films = folder();
    await app.open({ ...TINY, labelShare: 1, ...settings, maxSteps: 400 });
    await app.takeFolder(films);
    await app.command('playPause').click();
    await app.reachesStep(4);
    await app.command('playPause').click();
    await app.reaches('paused');
    await app.keepOften(4);
    await choose();
    await page.getByTestId('probe-run').click();
    // Its epochs are short: looked at at every frame.
    await page
      .getByTitle(new RegExp(`^Kept up to here: ${first}, epoch [1-3] of 4`))
      .waitFor({ timeout: 120_000 });

    await page.reload();
    await app.filmsShown();
    await app.reaches('idle');
    await app.takeFolder(films);
    await page.getByTestId('resume').click();
    await app.reaches('paused');
    await choose();
    await expect(page.getByTestId('probe-kept')).toContainText(
      new RegExp(`One that was cut is kept up to here: ${first}, epoch [1-4] of 4\\.`),
    );
    await page.getByTestId('probe-run').click();
    await page
      .getByText(new RegExp(`${goesOn} at epoch [1-4] of 4 \\(${first}`))
      .waitFor({ timeout: 120_000 });
    const resumed = await outcome(app);
    await expect(page.getByTestId('probe-kept')).toBeHidden();
    await page.getByTestId('probe-run').click();
    await expect(page.getByTestId('probe-cancel')).toBeVisible();
    await expect(page.getByTestId('probe-cancel')).toBeHidden({ timeout: 120_000 });
    expect(await outcome(app)).toEqual(resumed);
    rmSync(films, { recursive: true });
  });
}

/** Trainings that are over, of an evaluation under way. */
function finishedIn(file: string): number {
  if (!existsSync(file)) return 0;
  return JSON.parse(readSafetensors(readFileSync(file)).metadata.trainings!).done.length;
}

test('the runner goes on where it was interrupted, and begins with an encoder from a file', async () => {
  test.setTimeout(900_000);
  const names = ['run-', 'whole-', 'parts-', 'given-'];
  const folders = names.map((name) => mkdtempSync(path.join(tmpdir(), name)));
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
  const tuned = ['finetune', ...set('tuneEpochs=3', 'tuneBatch=8', 'tuneLayerFactor=10', 'tunePositives=5')];
  const asked = (task: readonly string[], out: string) => [
    ...['evaluate', '--task', ...task, '--data', data, '--share', '0.5', ...set('labelDraws=2')],
    ...['--out', out],
  ];
  const report = (out: string) => {
    const { evaluation } = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
    return { ...evaluation.report, seconds: 0 };
  };
  const uncut = await headless(...asked(tuned, whole), '--checkpoint', checkpoint);
  expect(uncut.err).toBe('');
  // Told of each training at its first epoch.
  expect(uncut.out).toContain('random start, draw 1');
  const under = path.join(parts, 'evaluation-under-way.safetensors');
  await cutHeadless([...asked(tuned, parts), '--checkpoint', checkpoint], () => finishedIn(under) > 0);
  expect(readdirSync(parts)).not.toContain('report.json');
  const rest = await headless(...asked(tuned, parts), '--checkpoint', checkpoint);
  expect(rest.err).toBe('');
  // What was trained is not trained again.
  expect(rest.out).not.toContain('random start, draw 1');
  expect(report(parts)).toEqual(report(whole));
  expect(existsSync(under)).toBe(false);

  const encoder = path.join(given, 'resnet.safetensors');
  const out = await headless('export', '--checkpoint', checkpoint, '--as', 'torchvision', '--out', encoder);
  expect(out.err).toBe('');
  const begun = await headless(...asked(tuned, given), '--init', encoder, ...size);
  expect(begun.err).toBe('');
  expect(report(given).protocol[0]).toMatch(/^Weights before pretraining: ResNet-18 weights from a file/);
  expect(report(given).step).toBe(0);
  for (const folder of [data, ...folders]) rmSync(folder, { recursive: true });
});
