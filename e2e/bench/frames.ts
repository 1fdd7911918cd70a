// Part `frames`: frame times of the page while it trains with every chart ten thousand points long. Frames are watched on
// one page: paused, training, and training with the computing threads of the GPU process at the lowest priority, because the
// software adapter computes the step on the cores that the page needs and a card does not; then with four charts alone, and at last
// with a map of ten thousand films in their place.

import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Page } from 'playwright';
import type { FramesSeen } from './framesPage.tsx';
import type { Site } from './site.ts';

export interface FramesResult {
  readonly paused: FramesSeen;
  readonly training: FramesSeen;
  /** Null where priorities of single threads cannot be set. */
  readonly yielding: FramesSeen | null;
  /** The same with four charts on the page, whatever could be done about priorities. */
  readonly four: FramesSeen;
  /** The same with a map of ten thousand films in place of the charts, the pointer on its way over it. */
  readonly map: FramesSeen;
}

const COMPILED_WITHIN = 300_000;
/** After what the benchmark itself does to the page, which no person can. */
const SETTLES_MS = 1000;

/** On the adapter that the page trains on. */
const adapterOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const info = (await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }))?.info;
    return info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') : '';
  });

export async function measureFrames(
  site: Site,
  seconds: number,
): Promise<{ adapter: string; frames: FramesResult }> {
  const page = await site.open('frames.html');
  const press = () => page.getByTestId('command-playPause').click({ timeout: COMPILED_WITHIN });
  const until = (state: string) =>
    page.waitForFunction((wanted) => window.frameBench.state().state === wanted, state, {
      timeout: COMPILED_WITHIN,
    });
  await page.waitForFunction(() => window.frameBench !== undefined);
  await press();
  await page.waitForFunction(() => window.frameBench.state().length > 0, null, { timeout: COMPILED_WITHIN });
  await press();
  await until('paused');
  await page.evaluate(() => window.frameBench.fill());
  await page.waitForTimeout(SETTLES_MS);
  const watch = () => page.evaluate((time) => window.frameBench.watch(time), seconds);
  const paused = await watch();
  await press();
  await until('running');
  const training = await watch();
  const yielding = (await lowerComputing(page)) ? await watch() : null;
  await page.evaluate(() => window.frameBench.leaveCharts(4));
  await page.waitForTimeout(SETTLES_MS);
  const four = await watch();
  const map = await watchMap(page, watch);
  const adapter = await adapterOf(page);
  await page.close();
  return { adapter, frames: { paused, training, yielding, four, map } };
}

/** Pixels and times a second of the pointer over the map. */
const POINTER = { inset: 20, everyMs: 50, places: 23 };

async function watchMap(page: Page, watch: () => Promise<FramesSeen>): Promise<FramesSeen> {
  await page.evaluate(() => window.frameBench.showMap());
  const box = (await page.getByTestId('film-map').boundingBox())!;
  await page.waitForTimeout(SETTLES_MS);
  let watching = true;
  const seen = watch().finally(() => {
    watching = false;
  });
  for (let at = 0; watching; at++) {
    const share = (at % POINTER.places) / (POINTER.places - 1);
    const along = (size: number) => POINTER.inset + share * (size - 2 * POINTER.inset);
    await page.mouse.move(box.x + along(box.width), box.y + along(box.height));
    await page.waitForTimeout(POINTER.everyMs);
  }
  return seen;
}

/** As the software adapter calls the threads that compute. */
const COMPUTES = /^Thread</;

/** Puts the threads that compute behind all others. @returns whether it could (Linux) */
async function lowerComputing(page: Page): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const found = processInfo.find(({ type }) => type === 'GPU');
  if (!found) return false;
  for (const thread of readdirSync(`/proc/${found.id}/task`)) {
    const name = readFileSync(`/proc/${found.id}/task/${thread}/comm`, 'utf8');
    if (COMPUTES.test(name)) setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  }
  return true;
}
