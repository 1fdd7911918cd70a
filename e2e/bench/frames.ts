// Part `frames`: frame times of the page while it trains with every chart ten thousand points long. Frames are watched three
// times on the same page: paused, training, and training with the GPU process at the lowest priority. The last is for the
// software adapter, which computes the step on the cores the page needs; a card does not, so its tasks are nearer to a card's.

import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Page } from 'playwright';
import type { FramesSeen } from './framesPage.tsx';
import type { Site } from './site.ts';

export interface FramesResult {
  readonly paused: FramesSeen;
  readonly training: FramesSeen;
  /** Null where priorities of single threads cannot be set. */
  readonly yielding: FramesSeen | null;
}

const COMPILED_WITHIN = 300_000;

export async function measureFrames(site: Site, seconds: number): Promise<FramesResult> {
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
  const watch = () => page.evaluate((time) => window.frameBench.watch(time), seconds);
  const paused = await watch();
  await press();
  await until('running');
  const training = await watch();
  const yielding = (await lowerGpuProcess(page)) ? await watch() : null;
  await page.close();
  return { paused, training, yielding };
}

/** Puts every thread of the GPU process behind all others. @returns whether it could (Linux) */
async function lowerGpuProcess(page: Page): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const found = processInfo.find(({ type }) => type === 'GPU');
  if (!found) return false;
  for (const thread of readdirSync(`/proc/${found.id}/task`)) {
    setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  }
  return true;
}
