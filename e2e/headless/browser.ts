// The runner's browser: serves the built app on this machine, starts headless Chromium on a throw-away profile,
// and calls the page's `window.runner`. Hardware WebGPU is tried first; where none answers, the software
// adapter is used, which computes the same and is slow. GPU=hardware or GPU=software leaves no choice.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright';
import type { RunnerApi, RunnerEvent } from '../../src/headless.ts';
import { ALL_KERNELS, type KernelOptions } from '../../src/protocol/device.ts';
import { AppError, fromWire } from '../../src/util/errors.ts';
import { chromiumFlags, ensureChromium, type Gpu } from '../tools/chromium.mjs';
import { type Server, serve } from '../tools/serve.mjs';
import { giveFolder } from './giveFolder.ts';
import { describeKernels } from './kernels.ts';
import type { Answer, EngineSession, FileCall } from './session.ts';

/** What a fault put in by a test says when it throws; it is the test's to deal with. */
const MADE_UP = 'a fault made up by a test';

export interface Session extends EngineSession {
  readonly page: Page;
}

/** Playwright would end the process on a signal, and leave the profile behind. */
const SIGNALS_ARE_OURS = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false } as const;

async function launch(executablePath: string, profile: string, gpu: Gpu): Promise<BrowserContext> {
  try {
    return await chromium.launchPersistentContext(profile, {
      executablePath,
      args: chromiumFlags(gpu),
      ...SIGNALS_ARE_OURS,
    });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new AppError('internal', `Chromium did not start (${reason}).`);
  }
}

/** Whether an adapter that is not software answers; the device is opened later, by the engine. */
async function hasHardware(context: BrowserContext, url: string): Promise<boolean> {
  const page = await context.newPage();
  await page.goto(url);
  const real = await page.evaluate(async () => {
    const info = (await navigator.gpu?.requestAdapter())?.info;
    return info ? !info.isFallbackAdapter && !/swiftshader/i.test(info.architecture) : false;
  });
  await page.close();
  return real;
}

/** A browser with the best adapter there is. */
async function openBrowser(profile: string, url: string): Promise<BrowserContext> {
  const executable = await ensureChromium();
  const asked = process.env.GPU;
  if (asked === 'software') return launch(executable, profile, 'software');
  const context = await launch(executable, profile, 'hardware');
  if (await hasHardware(context, url)) return context;
  await context.close();
  if (asked === 'hardware') throw new AppError('adapter-missing');
  return launch(executable, profile, 'software');
}

const isReport = (value: unknown): value is RunnerEvent =>
  typeof value === 'object' && value !== null && 'type' in value;

/** Opens the runner's page; what goes wrong in it while a call waits ends the call. */
async function openPage(
  context: BrowserContext,
  url: string,
  onEvent: (event: RunnerEvent) => void,
): Promise<Pick<Session, 'page' | 'call'>> {
  const page = context.pages()[0] ?? (await context.newPage());
  let fail: (error: AppError) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => {});
  page.on('crash', () => fail(new AppError('worker-failed', 'the browser page crashed.')));
  page.on('close', () => fail(new AppError('cancelled')));
  page.on('pageerror', (error) => {
    if (!error.message.includes(MADE_UP)) fail(new AppError('worker-failed', error.message));
  });
  await page.exposeBinding('report', (_, event: unknown) => {
    if (isReport(event)) onEvent(event);
  });
  await page.goto(new URL('e2e/headless/page.html', url).href);
  await page.waitForFunction(() => window.runner !== undefined);

  async function call<K extends keyof RunnerApi>(
    name: K,
    argument?: Parameters<RunnerApi[K]>[0],
  ): Promise<Answer<K>> {
    const reply = page.evaluate(([method, given]) => window.runner.call(method, given as never), [
      name,
      argument,
    ] as const);
    const answer = await Promise.race([reply, broken]);
    if ('error' in answer) throw fromWire(answer.error);
    return answer.value as Answer<K>;
  }
  return { page, call };
}

/** Makes a call that ends in a download, and puts what it offers into `file`. */
async function saveOffered<K extends FileCall>(
  { page, call }: PageSession,
  file: string,
  name: K,
  argument: Parameters<RunnerApi[K]>[0],
): Promise<void> {
  // A call that fails before anything is offered must not leave its download waited for.
  const offered = page.waitForEvent('download', { timeout: 0 });
  offered.catch(() => {});
  await call(name, argument);
  await (await offered).saveAs(file);
}

/** A page without an engine: enough for reading films. */
export type PageSession = Pick<Session, 'page' | 'call'>;

async function withBrowser<T>(
  open: (profile: string, url: string) => Promise<BrowserContext>,
  onEvent: (event: RunnerEvent) => void,
  work: (session: PageSession) => Promise<T>,
  faulty = false,
): Promise<T> {
  const profile = await mkdtemp(path.join(tmpdir(), 'mlvicx-'));
  let server: Server | null = null;
  let context: BrowserContext | null = null;
  try {
    server = await serve();
    context = await open(profile, server.url);
    if (faulty) {
      await context.addInitScript(() => {
        globalThis.__faults = true;
      });
    }
    const opened = await openPage(context, server.url, onEvent);
    const interrupt = () => void opened.page.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
    return await work(opened);
  } finally {
    await context?.close().catch(() => {});
    await server?.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Runs `work` with the reading workers only, on any machine, and clears everything away afterwards. */
export const withPage = <T>(
  onEvent: (event: RunnerEvent) => void,
  work: (session: PageSession) => Promise<T>,
): Promise<T> =>
  withBrowser(async (profile) => launch(await ensureChromium(), profile, 'software'), onEvent, work);

export interface SessionOptions {
  /** The engine takes faults. */
  readonly faulty?: boolean;
  readonly kernels?: KernelOptions;
}

/** Runs `work` with an open engine and clears everything away afterwards. */
export const withSession = <T>(
  onEvent: (event: RunnerEvent) => void,
  work: (session: Session) => Promise<T>,
  { faulty = false, kernels = ALL_KERNELS }: SessionOptions = {},
): Promise<T> =>
  withBrowser(
    openBrowser,
    onEvent,
    async (opened) => {
      await opened.call('open');
      const device = await opened.call('chooseKernels', kernels);
      const kind = device.software ? 'software adapter, slow' : 'hardware';
      const name = [device.vendor, device.architecture, device.description].filter(Boolean).join(' ');
      console.log(`WebGPU: ${name} (${kind})${describeKernels(device.kernels)}`);
      return work({
        ...opened,
        device,
        give: (input, files) => opened.page.locator(`#${input}`).setInputFiles([...files]),
        giveFolder: (folder) => giveFolder(opened, folder),
        save: (file, name, argument) => saveOffered(opened, file, name, argument),
      });
    },
    faulty,
  );
