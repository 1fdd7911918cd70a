// Pictures of every view and dialog, in both themes at 1440, 800 and 390 px, for whoever changes how the page looks:
// `npx tsx e2e/tools/shots.ts FOLDER [SCENE …]`. The development server serves the page; a scripted engine stands in for the
// GPU (`?fake`) but where a folder is really read. It judges nothing; the pictures are there to be looked at.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright';
import { createServer } from 'vite';
import { madeFilm, madeFolder } from '../tests/folders.ts';
import { followLesson, LESSONS } from '../tests/lessonSteps.ts';
import { chromiumFlags, findChromium } from './chromium.mjs';
import { serve } from './serve.mjs';
import { setUp } from './setup.mjs';

interface Scene {
  /** Words for the scripted engine; null for the real one. */
  readonly fake: string | null;
  /** Settings in the address. */
  readonly hash?: string;
  /** As it is delivered, from the newest build, protected as it then is. */
  readonly built?: true;
  /** The only width that is wanted; left out: all. */
  readonly width?: number;
  /** What is done once, before the first picture. */
  act?(page: Page): Promise<void>;
  /** What has to be done where the columns are folded away. */
  folded?(page: Page): Promise<void>;
}

const PATIENCE = { timeout: 120_000 };
const SMALL = '#preset=demo&maxSteps=220';

const press = (testId: string) => async (page: Page) => void (await page.getByTestId(testId).click());
const inTurn =
  (...acts: ((page: Page) => Promise<void>)[]) =>
  async (page: Page) => {
    for (const act of acts) await act(page);
  };
const state = (name: string) => (page: Page) =>
  page.locator(`[data-testid=transport][data-state=${name}]`).waitFor(PATIENCE);
const trained = inTurn(press('command-playPause'), state('done'));
const setup = press('open-setup');
/** The map of films laid out, and the neighbours of the film in its middle. */
const mapped = async (page: Page) => {
  await page.getByText('Map of films', { exact: true }).click();
  await page.getByTestId('map-make').click();
  const map = page.getByTestId('film-map');
  await map.waitFor(PATIENCE);
  await page.getByTestId('map-progress').waitFor({ state: 'detached', ...PATIENCE });
  await map.press('ArrowUp');
  await map.press('ArrowUp');
  await map.press('Enter');
  await page.getByTestId('film-neighbours').waitFor(PATIENCE);
};

/** Masks by the decoder of an evaluation. */
const masked = async (page: Page) => {
  await trained(page);
  await page.getByTestId('view-evaluate').click();
  await page.getByTestId('probe-task').click();
  await page.getByRole('option', { name: 'Segmentation' }).click();
  await page.getByTestId('probe-run').click();
  await page.getByTestId('mask-examples').waitFor(PATIENCE);
};

/** Two classes of films, their labels in tables, masks beside them, a file that is none and a part that is not known. */
function labelledFolder(): string {
  const folder = madeFolder(12);
  const names = ['NORMAL', 'SICK'].flatMap((group) =>
    Array.from({ length: 12 }, (_, i) => `${group}/film${i}.png`),
  );
  mkdirSync(path.join(folder, 'SICK', 'masks'));
  for (let i = 0; i < 12; i++)
    writeFileSync(path.join(folder, 'SICK', 'masks', `film${i}.png`), madeFilm(48, 90 + i, false));
  const label = (i: number) => (i % 3 === 0 ? '"Mass X, Nodule Y"' : i % 3 === 1 ? 'Fibrosis Z' : 'normal');
  const part = (i: number) => (i < 12 ? 'train' : i < 16 ? 'eval' : 'test');
  const rows = names.map((name, i) => `${name},${label(i)},${part(i)}`);
  writeFileSync(path.join(folder, 'labels.csv'), ['file,label,split', ...rows, ''].join('\n'));
  return folder;
}

const folderRead = async (page: Page) => {
  const folder = labelledFolder();
  await page.getByTestId('folder-input').setInputFiles(folder);
  await page.getByTestId('subfolders').waitFor(PATIENCE);
  rmSync(folder, { recursive: true });
};
const toFolders = async (page: Page) => page.getByTestId('subfolders').scrollIntoViewIfNeeded();

/** The recorded run to its end, with the views that this machine draws. */
const recordedRun = inTurn(press('way-watch'), async (page) => {
  await page.locator('[data-testid=recorded][data-playing=false]').waitFor(PATIENCE);
  await page.locator('[data-testid=views] canvas').first().waitFor(PATIENCE);
});

/** Of each lesson the first page, and the last one as it is when all before was followed: from what was recorded, and live. */
const LESSON_SCENES: Readonly<Record<string, Scene>> = Object.fromEntries(
  Object.entries(LESSONS).flatMap(([id, steps]): [string, Scene][] => {
    const hash = `#lesson=${id}`;
    const end = (how: 'recorded' | 'live') => (page: Page) => followLesson(page, steps, how);
    return [
      [`lesson-${id}`, { fake: 'beat:2', hash }],
      [`lesson-${id}-end`, { fake: 'beat:2', hash, act: end('recorded') }],
      [`lesson-${id}-live`, { fake: 'beat:1', hash, act: end('live') }],
    ];
  }),
);

const SCENES: Readonly<Record<string, Scene>> = {
  /** The pictures of the README: `npx tsx e2e/tools/shots.ts docs/pictures app`. */
  app: { fake: null, built: true, width: 1280, act: recordedRun },
  train: { fake: 'beat:2' },
  running: {
    fake: 'beat:30',
    hash: SMALL,
    act: inTurn(press('command-playPause'), state('running'), (page) => page.waitForTimeout(4000)),
  },
  trained: { fake: 'beat:1', hash: SMALL, act: trained },
  collapsed: { fake: 'beat:1,collapse', hash: SMALL, act: trained },
  failed: {
    fake: 'beat:1,fail:device-lost',
    hash: SMALL,
    act: inTurn(press('command-playPause'), state('failed')),
  },
  refused: { fake: 'beat:1,refuse:adapter-missing' },
  large: { fake: 'beat:1', hash: '#preset=paper&batchSize=1024', folded: setup },
  setup: { fake: 'beat:2', folded: setup },
  export: {
    fake: 'beat:1',
    hash: SMALL,
    act: inTurn(
      trained,
      (page) => page.keyboard.press('x'),
      (page) => page.getByTestId('export-checkpoint').waitFor(PATIENCE),
    ),
  },
  learnt: { fake: 'beat:1', hash: SMALL, act: inTurn(trained, press('view-learnt')) },
  map: { fake: 'beat:1', hash: SMALL, act: inTurn(trained, press('view-learnt'), mapped) },
  step: {
    fake: 'beat:1',
    hash: SMALL,
    act: inTurn(trained, press('view-learnt'), async (page) => {
      await page.getByText('A step again', { exact: true }).click();
      await page.getByTestId('step-show').click();
      await page.getByTestId('step-again').waitFor(PATIENCE);
    }),
  },
  inspect: { fake: 'beat:1', hash: SMALL, act: trained, folded: press('open-inspect') },
  first: { fake: 'beat:2' },
  projector: { fake: 'beat:1', hash: `${SMALL}&projector`, act: trained },
  embed: { fake: 'beat:1', hash: `${SMALL}&embed&show=loss,views,verdict`, act: trained },
  teacher: { fake: 'beat:2', hash: '#teacher' },
  lessons: { fake: 'beat:2', hash: '#lesson=' },
  ...LESSON_SCENES,
  'lesson-chinese': { fake: 'beat:2', hash: '#lesson=learnt&lang=zh' },
  'lesson-pairs': { fake: 'beat:2', hash: '#lesson=views.2' },
  'lesson-running': {
    fake: 'beat:2',
    hash: '#lesson=terms&lang=zh',
    act: inTurn(press('act-train'), state('running'), (page) => page.waitForTimeout(3000)),
  },
  help: { fake: 'beat:2', act: press('command-help') },
  'evaluate-empty': { fake: 'beat:2', act: press('view-evaluate') },
  evaluate: {
    fake: 'beat:1',
    hash: SMALL,
    act: inTurn(trained, press('view-evaluate'), press('probe-run'), (page) =>
      page.getByTestId('probe-verdict').waitFor(PATIENCE),
    ),
  },
  masks: { fake: 'beat:1', hash: SMALL, act: masked },
  'masks-viewer': {
    fake: 'beat:1',
    hash: SMALL,
    act: inTurn(masked, async (page) => {
      await page.getByLabel('Open film 1', { exact: true }).click();
      await page.getByTestId('drawn-mask').waitFor(PATIENCE);
    }),
  },
  'study-empty': { fake: 'beat:2', act: press('view-study') },
  'study-running': {
    fake: 'beat:8',
    hash: SMALL,
    act: inTurn(press('view-study'), press('study-start'), (page) =>
      page.locator('[data-row=vicreg]').filter({ hasText: /0\.\d/ }).waitFor(PATIENCE),
    ),
  },
  study: {
    fake: 'beat:1',
    hash: SMALL,
    act: inTurn(press('view-study'), press('study-start'), (page) =>
      page.getByTestId('study-verdict').filter({ hasText: 'MLVICX' }).waitFor(PATIENCE),
    ),
  },
  runs: { fake: 'beat:1', hash: SMALL, act: inTurn(trained, press('view-runs')) },
  'runs-export': {
    fake: 'beat:1',
    hash: SMALL,
    act: inTurn(trained, press('view-runs'), async (page) => {
      await page
        .getByRole('button', { name: /^Export / })
        .first()
        .click();
      await page.getByTestId('run-export').waitFor(PATIENCE);
    }),
  },
  device: {
    fake: 'beat:1',
    act: inTurn(press('view-device'), press('test-gpu'), (page) =>
      page.getByTestId('self-test-verdict').waitFor(PATIENCE),
    ),
  },
  gallery: { fake: 'beat:2', act: press('open-gallery') },
  viewer: { fake: 'beat:2', act: press('open-film') },
  folders: { fake: null, act: folderRead, folded: inTurn(setup, toFolders) },
  labels: { fake: null, act: inTurn(folderRead, press('labels-open')) },
  'labels-from-drawer': { fake: null, act: folderRead, folded: inTurn(setup, press('labels-open')) },
};

const [out, ...wanted] = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SCENES, name));
if (!out || unknown.length > 0) {
  console.error(`shots FOLDER [${Object.keys(SCENES).join(' ')}]`);
  process.exit(1);
}
mkdirSync(out, { recursive: true });
// For the pictures of the built app.
await setUp();
const server = await createServer({
  logLevel: 'error',
  server: { port: 0, hmr: false, fs: { strict: false } },
});
await server.listen();
const home = server.resolvedUrls!.local[0]!;
const browser = await chromium.launch({
  executablePath: (await findChromium()) ?? undefined,
  args: chromiumFlags('software'),
});
for (const [name, { fake, built, hash = '', width: only, act, folded }] of Object.entries(SCENES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE.timeout);
  page.on('pageerror', (error) => console.error(`${name}: ${error.message}`));
  const site = built ? await serve() : null;
  await page.goto(`${site?.url ?? home}${fake === null ? '' : `?fake=${fake}`}${hash}`);
  // The lessons stand in the place of the panel, which then is there but not seen.
  if (!/embed|teacher/.test(hash))
    await page
      .locator('[data-testid=data-panel][data-state=ready]')
      .waitFor({ ...PATIENCE, state: 'attached' });
  await act?.(page);
  for (const width of only ? [only] : [1440, 800, 390]) {
    await page.setViewportSize({ width, height: 900 });
    if (width === 800) await folded?.(page);
    await page.mouse.move(width - 1, 899);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(1000);
      await page.screenshot({ path: path.join(out, `${name}-${width}-${colorScheme}.png`) });
    }
  }
  await context.close();
  await site?.close();
  console.log(name);
}
await browser.close();
await server.close();
