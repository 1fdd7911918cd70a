// Walks docs/tutorial.md as a new user would, in a fresh browser on a folder of films, and says what each of its steps took and what
// the page said: `npx tsx e2e/tools/tutorial.ts FOLDER [OUT [STEPS [OTHER]]]`, OUT for pictures and the saved scores, STEPS for a shorter
// run, OTHER a second folder that the model is evaluated on after its own.
// It looks for what the tutorial names by the names it gives, so that it fails where the two part.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright';
import { chromiumFlags, findChromium } from './chromium.mjs';
import { serve } from './serve.mjs';
import { setUp } from './setup.mjs';

const [folder, out, steps, other] = process.argv.slice(2);
if (!folder) {
  console.error('tutorial FOLDER [OUT [STEPS [OTHER]]]');
  process.exit(1);
}
if (out) mkdirSync(out, { recursive: true });

/** A run on a software adapter takes a quarter of an hour where other work goes on. */
const PATIENCE_MS = 3_600_000;

await setUp();
const server = await serve();
const browser = await chromium.launch({
  executablePath: (await findChromium()) ?? undefined,
  args: chromiumFlags(process.env.GPU === 'hardware' ? 'hardware' : 'software'),
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.setDefaultTimeout(PATIENCE_MS);
page.on('pageerror', (error) => console.error(`the page threw: ${error.message}`));

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const stands = (state: string) => page.locator(`[data-testid=transport][data-state=${state}]`).waitFor();
/** As it is read on the page, its lines one behind the other. */
const words = async (testId: string) =>
  (await page.getByTestId(testId).allInnerTexts())[0]!.replace(/\s*\n\s*/g, ' | ');

let at = performance.now();
const began = at;
async function done(step: string, said: string): Promise<void> {
  const now = performance.now();
  console.log(`${step}: ${((now - at) / 1000).toFixed(0)} s\n  ${said}`);
  if (out) await page.screenshot({ path: path.join(out, `${step.replace(/\W+/g, '-').toLowerCase()}.png`) });
  at = performance.now();
}

async function readFilms(): Promise<void> {
  await page.getByText('Choose folder', { exact: true }).first().waitFor();
  await page.getByTestId('folder-input').setInputFiles(folder!);
  await page.getByTestId('label-report').waitFor();
  await done('2 Films read', await words('data-panel'));
  const question = page.getByTestId('labels-question');
  if (await question.count()) {
    await question.getByRole('button', { name: 'Look' }).click();
    await page.getByTestId('labels-dialog').waitFor();
    await page.keyboard.press('Escape');
    await question.getByRole('button', { name: 'Yes' }).click();
  }
  await done('2 Labels looked at', await words('label-report'));
}

async function turnFilms(): Promise<void> {
  await page.getByTestId('views').locator('canvas').first().waitFor();
  for (let film = 0; film < 3; film++) await button('Next film').click();
  for (const [group, field] of [
    ['Augmented views', 'Smallest crop'],
    ['Images', 'Image size'],
  ] as const) {
    await button(group).click();
    await page.getByTestId('config-form').getByText(field, { exact: false }).first().waitFor();
    await button(group).click();
  }
  await done('3 Views', 'Smallest crop and Image size are where they should be');
}

async function train(): Promise<void> {
  await page.getByTestId('preset').click();
  await page.getByRole('option', { name: /^Demo/ }).click();
  const needs = await words('budget');
  if (steps) {
    await button('Batches and length').click();
    const field = page.getByTestId('field-maxSteps').getByRole('textbox');
    await field.fill(steps);
    await field.blur();
  }
  // Space is for Play unless it is pressed in a control.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('Space');
  await stands('running');
  await done('4 First step', needs);
  await stands('done');
  await done('4 Trained', await words('verdict'));
}

async function score(page: Page, task: string): Promise<void> {
  await page.getByTestId('probe-task').click();
  await page.getByRole('option', { name: task }).click();
  await page.getByTestId('probe-run').click();
  await stands('evaluating');
  await stands('done');
  await done(`5 ${task}`, await words('probe-verdict'));
}

async function elsewhere(folder: string): Promise<void> {
  await page.getByTestId('other-folder-input').setInputFiles(folder);
  await page.getByTestId('other-words').getByText('test films').waitFor();
  await done('7 Other folder read', await words('other-words'));
  await score(page, 'Nearest neighbours');
  await page.getByText(`evaluated on ${path.basename(folder)}.`).waitFor();
  await score(page, 'Linear evaluation');
  await page.getByTestId('other-drop').click();
  await page.getByTestId('evaluate-films').waitFor({ state: 'hidden' });
  await done('7 Let go of', await words('data-panel'));
}

await page.goto(server.url);
await button(/^Open my films/).waitFor();
await done('1 Start', await words('first-visit'));
await readFilms();
await turnFilms();
await train();
await page.getByRole('tab', { name: 'Evaluate' }).click();
await score(page, 'Nearest neighbours');
await score(page, 'Linear evaluation');
const [download] = await Promise.all([page.waitForEvent('download'), button('CSV').click()]);
if (out) await download.saveAs(path.join(out, download.suggestedFilename()));
if (other) await elsewhere(other);
await page.getByRole('tab', { name: 'Study' }).click();
await page.getByTestId('study-start').waitFor();
await done('6 Study', download.suggestedFilename());
console.log(`in all: ${((performance.now() - began) / 1000).toFixed(0)} s`);
await browser.close();
await server.close();
