// What the rows of the fault matrix are written in: one page on a tiny run, faults put into its engine, files of the run
// damaged in the browser's storage, and the curves as they can be exported. One rig serves many rows, because compiling
// takes far longer than a run; a row that needs a fresh page says so.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import { type BrowserContext, expect, type Page } from 'playwright/test';
import type { Config } from '../../src/config/schema.ts';
import type { Fault } from '../../src/protocol/faults.ts';
import { App, TINY } from './app.ts';

export const STEPS = 24;
export const EVERY = 5;
const RATE = '0.002';
const RUN: Partial<Config> = {
  learningRate: Number(RATE),
  ...TINY,
  maxSteps: STEPS,
  seed: 3,
};

export type Curves = readonly Readonly<Record<string, string>>[];

/** A PNG file unlike that of any other number. */
function madeUpFilm(film: number): Uint8Array {
  const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * (film + 3)) % 251);
  return encode({ width: 64, height: 64, data, channels: 1, depth: 8 });
}

export class FaultRig {
  readonly context: BrowserContext;
  readonly #home: string;
  #app: App | null = null;
  reference: Curves = [];
  /** The form is no longer that of the reference. */
  changed = false;

  constructor(context: BrowserContext, home: string) {
    this.context = context;
    this.#home = home;
  }

  get app(): App {
    if (!this.#app) throw new Error('no page is open');
    return this.#app;
  }

  get page(): Page {
    return this.app.page;
  }

  /** A page on the tiny run; what was kept by earlier rows is gone, unless `keep`. */
  async open({
    keep = false,
    settings = {},
  }: {
    keep?: boolean;
    settings?: Partial<Config>;
  } = {}): Promise<void> {
    if (!keep) await this.close();
    const page = await this.context.newPage();
    this.#app = new App(page, this.#home);
    if (!keep) await this.forgetRuns();
    await this.app.open({ ...RUN, ...settings });
    await this.keepOften();
  }

  async close(): Promise<void> {
    await this.#app?.page.close();
    this.#app = null;
  }

  /** Another page of the same browser. */
  async second(): Promise<App> {
    const app = new App(await this.context.newPage(), this.#home);
    await app.open(RUN);
    return app;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.app.filmsShown();
    await this.app.reaches('idle');
  }

  keepOften(every = EVERY): Promise<void> {
    return this.app.keepOften(every);
  }

  /** Begins a new run with these faults in it, whatever the last row left behind. */
  async start(faults: readonly Fault[] = [], every = EVERY): Promise<void> {
    await this.ended();
    await this.inject(faults);
    await this.keepOften(every);
    await this.newRun(() => this.press('playPause'));
  }

  inject(faults: readonly Fault[]): Promise<void> {
    return this.page.evaluate((given) => globalThis.__engine!().inject(given as Fault[]), faults as Fault[]);
  }

  /** Pressed once and no more: on a busy machine a click by mouse may be tried again after it has worked. */
  async press(name: 'playPause' | 'step' | 'stop'): Promise<void> {
    const command = this.app.command(name);
    await expect(command).toBeEnabled({ timeout: 30_000 });
    await command.evaluate((button: HTMLElement) => button.click());
  }

  play(): Promise<void> {
    return this.press('playPause');
  }

  async pause(): Promise<void> {
    await this.press('playPause');
    await this.app.reaches('paused');
  }

  /** A new run, taken to this step one by one. */
  async stepTo(step: number, faults: readonly Fault[]): Promise<void> {
    await this.ended();
    await this.inject(faults);
    await this.keepOften();
    await this.newRun(() => this.press('step'));
    for (let taken = 1; taken <= step; taken++) {
      if (taken > 1) await this.press('step');
      await expect(this.app.transport).toHaveAttribute('data-step', String(taken), { timeout: 90_000 });
      await this.app.reaches('paused');
    }
  }

  async set(key: keyof Config, value: string): Promise<void> {
    this.changed = true;
    const field = this.page.getByTestId(`field-${key}`);
    if (!(await field.isVisible()))
      await this.page
        .getByTestId('config-form')
        .getByRole('button', { name: /^Optimiser/ })
        .click();
    const input = field.getByRole('textbox');
    await input.fill(value);
    await input.press('Enter');
  }

  /** Has the page told that it is hidden or about to be frozen; the step at which it then stands must be kept. */
  async hides(event: 'visibilitychange' | 'freeze'): Promise<void> {
    // Writing goes on between stalls; it needs some of them, and the rest are the time in which to look.
    const stalls = Array.from({ length: 15 }, (_, i) => ({ kind: 'stall', step: 6 + i, ms: 400 }) as const);
    await this.start(stalls, 1000);
    await this.app.reachesStep(2);
    await this.page.evaluate((name) => {
      if (name === 'visibilitychange') {
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      }
      document.dispatchEvent(new Event(name));
      Reflect.deleteProperty(document, 'visibilityState');
    }, event);
    // Nothing else writes between the first step and the last.
    await this.kept(1);
    expect(Number(await this.page.getByTestId('kept').getAttribute('data-step'))).toBeLessThan(STEPS);
  }

  /** The process that serves every page's GPU work ends as if it had crashed; the browser starts another. */
  async crashGpuProcess(): Promise<void> {
    const session = await this.context.browser()!.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess');
    await session.detach();
  }

  /** A folder of so many made-up films in place of the synthetic set. */
  async giveFilms(count: number): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'films-'));
    for (let film = 0; film < count; film++) {
      await writeFile(path.join(folder, `film${film}.png`), madeUpFilm(film));
    }
    await this.page.getByTestId('folder-input').setInputFiles(folder);
    await this.app.filmsShown();
    await rm(folder, { recursive: true });
  }

  /** Has the page remember a folder of two films, as if it had been opened on an earlier visit. */
  async rememberFolder(): Promise<void> {
    const films = [1, 2].map((film) => [...madeUpFilm(film)]);
    await this.page.evaluate(async (given) => {
      const root = await navigator.storage.getDirectory();
      const handle = await root.getDirectoryHandle('remembered', { create: true });
      for (const [i, bytes] of given.entries()) {
        const file = await handle.getFileHandle(`film${i}.png`, { create: true });
        const stream = await file.createWritable();
        await stream.write(Uint8Array.from(bytes));
        await stream.close();
      }
      const opening = indexedDB.open('mlvicx-folders', 1);
      await new Promise((resolve, reject) => {
        opening.onupgradeneeded = () => opening.result.createObjectStore('folders');
        opening.onsuccess = resolve;
        opening.onerror = reject;
      });
      const writing = opening.result.transaction('folders', 'readwrite');
      const folder = { name: 'remembered', handle, openedAt: Date.now(), films: given.length };
      writing.objectStore('folders').put([folder], 'opened');
      await new Promise((resolve) => {
        writing.oncomplete = resolve;
      });
      opening.result.close();
    }, films);
  }

  /** What the browser says, or the person through it, when the page asks to read a remembered folder. */
  async answerPermission(answer: PermissionState): Promise<void> {
    await this.page.evaluate((state) => {
      for (const name of ['queryPermission', 'requestPermission']) {
        const value = () => Promise.resolve(state);
        Object.defineProperty(FileSystemDirectoryHandle.prototype, name, { value, configurable: true });
      }
    }, answer);
  }

  /** Until a run that was not there before has begun. */
  private async newRun(act: () => Promise<void>): Promise<void> {
    const run = () => this.app.transport.getAttribute('data-run');
    const before = await run();
    await act();
    await expect.poll(async () => ![before, ''].includes(await run()), { timeout: 90_000 }).toBe(true);
  }

  /** No run is at hand, and the form is that of the reference again. */
  private async ended(): Promise<void> {
    const state = await this.app.transport.getAttribute('data-state');
    if (state === 'paused' || state === 'running') {
      await this.press('stop');
      await this.app.reaches('done');
    }
    if (this.changed) await this.set('learningRate', RATE);
    this.changed = false;
  }

  async done(): Promise<void> {
    await this.app.reaches('done');
  }

  /** The run came out as if nothing had been. */
  async same(): Promise<void> {
    await this.done();
    expect(await this.curves()).toEqual(this.reference);
  }

  async says(text: RegExp, where: 'notice' | 'error' = 'notice'): Promise<void> {
    await expect(this.page.getByTestId(where)).toContainText(text, { timeout: 90_000 });
  }

  async marked(text: RegExp): Promise<void> {
    await expect(this.page.getByLabel('Whole run').getByRole('button', { name: text }).first()).toBeVisible();
  }

  async kept(least: number): Promise<void> {
    await expect
      .poll(async () => Number(await this.page.getByTestId('kept').getAttribute('data-step')), {
        timeout: 30_000,
        intervals: [100],
      })
      .toBeGreaterThanOrEqual(least);
  }

  /** Exported rows without what time and memory decide. */
  async curves(): Promise<Curves> {
    const { text } = await this.app.download(this.page.getByTestId('export-csv'));
    const [header = '', ...rows] = text.trimEnd().split(/\r?\n/);
    const names = header.split(',');
    return rows.map((row) => {
      const cells = row.split(',').map((cell, i) => [names[i] ?? '', cell] as const);
      return Object.fromEntries(cells.filter(([name]) => !/^(speed\/|memory\/|active_seconds)/.test(name)));
    });
  }

  async resumeOffered(): Promise<number> {
    await this.page.getByTestId('resume').click();
    await this.app.reaches('paused');
    await this.inject([]);
    await this.keepOften();
    return this.app.step();
  }

  /** Changes files of the run kept last; `name` picks them, newest first, `how` says what becomes of them. */
  damage(name: RegExp, how: 'flip' | 'cut' | 'remove', count = 1): Promise<number> {
    return this.page.evaluate(
      async ([pattern, act, most]) => {
        const root = await navigator.storage.getDirectory();
        const runs = await root.getDirectoryHandle('runs');
        const id = localStorage.getItem('mlvicx-run-at-hand')!;
        const folder = await runs.getDirectoryHandle(id);
        const found: { name: string; at: number }[] = [];
        for await (const entry of folder.values()) {
          if (entry.kind !== 'file' || !new RegExp(pattern).test(entry.name)) continue;
          found.push({
            name: entry.name,
            at: (await (entry as FileSystemFileHandle).getFile()).lastModified,
          });
        }
        const order = (file: string) => Number(/^step-(\d+)/.exec(file)?.[1] ?? 0);
        found.sort((a, b) => order(b.name) - order(a.name) || b.at - a.at);
        for (const { name } of found.slice(0, most)) {
          if (act === 'remove') {
            await folder.removeEntry(name);
            continue;
          }
          const handle = await folder.getFileHandle(name);
          const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
          const middle = bytes.length >> 1;
          if (act === 'flip') bytes[middle]! ^= 1;
          const stream = await handle.createWritable();
          await stream.write(act === 'cut' ? bytes.subarray(0, middle) : bytes);
          await stream.close();
        }
        return Math.min(most, found.length);
      },
      [name.source, how, count] as const,
    );
  }

  /** Empties the browser's storage of runs, from a page that does nothing else. */
  private async forgetRuns(): Promise<void> {
    await this.page.goto(`${this.#home}icon.svg`);
    await this.page.evaluate(async () => {
      localStorage.removeItem('mlvicx-run-at-hand');
      const root = await navigator.storage.getDirectory();
      await root.removeEntry('runs', { recursive: true }).catch(() => undefined);
    });
  }
}
