// The app as the specs speak of it: open it with settings, give it films, run it, read where it stands.

import path from 'node:path';
import { expect, type Locator, type Page } from 'playwright/test';
import { presetConfig } from '../../src/config/presets.ts';
import { type Config, parseConfig } from '../../src/config/schema.ts';
import { shareHash } from '../../src/config/share.ts';
import type { EngineState } from '../../src/protocol/engine.ts';

/** Compiling the first step on a software adapter that other work shares. */
const PATIENCE = { timeout: 150_000 };

/** Settings of a model so small that most of a test is the test. */
export const TINY: Partial<Config> = {
  width: 4,
  projectorHidden: 16,
  embeddingDim: 16,
  levelChannels: 8,
  levelSize: 8,
  batchSize: 4,
};

export class App {
  readonly page: Page;
  readonly transport: Locator;
  readonly #home: string;

  constructor(page: Page, home: string) {
    this.page = page;
    this.#home = home;
    this.transport = page.getByTestId('transport');
  }

  /** Opens the app on the smoke preset, changed by these settings, and waits for device and films. */
  async open(settings: Partial<Config> = {}): Promise<void> {
    const config = parseConfig(settings, presetConfig('smoke'));
    await this.page.goto(`${this.#home}${shareHash(config, 'smoke')}`);
    await expect(this.transport).toHaveAttribute('data-state', 'idle', PATIENCE);
    await this.filmsShown();
  }

  async filmsShown(): Promise<void> {
    await expect(this.page.getByTestId('data-panel')).toHaveAttribute('data-state', 'ready', PATIENCE);
  }

  /** Films of a folder take the place of those at hand. */
  async takeFolder(folder: string): Promise<void> {
    await this.page.getByTestId('folder-input').setInputFiles(folder);
    await expect(this.page.getByTestId('data-panel')).toContainText(path.basename(folder), PATIENCE);
    await this.filmsShown();
  }

  command(name: 'playPause' | 'step' | 'stop' | 'reset'): Locator {
    return this.page.getByTestId(`command-${name}`);
  }

  async view(name: 'Train' | 'What is learnt' | 'Evaluate' | 'Study' | 'Runs' | 'Device'): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  /** Labels of the controls in sight that lie beyond the right edge of the window. */
  beyondTheEdge(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('button, input, [role=slider]')]
        .filter((control) => control.checkVisibility() && control.getBoundingClientRect().right > innerWidth)
        .map((control) => control.getAttribute('aria-label') ?? control.textContent),
    );
  }

  /** Checkpoints come every so many steps, however little time has passed; of a page whose faults can be made. */
  async keepOften(every: number): Promise<void> {
    // The page stands before its engine does.
    await this.page.waitForFunction(() => globalThis.__engine);
    await this.page.evaluate(
      (everySteps) =>
        globalThis.__engine!().keep({
          everySteps,
          everySeconds: 1000,
          writingShare: 1,
        }) as unknown as Promise<void>,
      every,
    );
  }

  async step(): Promise<number> {
    return Number(await this.transport.getAttribute('data-step'));
  }

  async reaches(state: EngineState): Promise<void> {
    await expect(this.transport).toHaveAttribute('data-state', state, PATIENCE);
  }

  async reachesStep(least: number): Promise<void> {
    await expect.poll(() => this.step(), PATIENCE).toBeGreaterThanOrEqual(least);
  }

  /** Clicks what offers a file, and gives what is in it. */
  async download(button: Locator): Promise<{ name: string; text: string; bytes: Uint8Array }> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), button.click()]);
    const stream = await download.createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    return { name: download.suggestedFilename(), text: bytes.toString('utf8'), bytes };
  }
}
