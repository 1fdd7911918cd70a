// Part `frames`: frame times of the page while it trains with every chart ten thousand points long. Frames are watched twice
// on the same page, paused and training, so that what the machine itself costs is known.

import type { FramesSeen } from './framesPage.tsx';
import type { Site } from './site.ts';

export interface FramesResult {
  readonly paused: FramesSeen;
  readonly training: FramesSeen;
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
  await page.close();
  return { paused, training };
}
