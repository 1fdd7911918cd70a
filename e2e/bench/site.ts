// The benchmark's site: builds its pages, serves them on this machine and opens them in one headless Chromium; everything is
// cleared away afterwards.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { chromium, type Page } from 'playwright';
import { build } from 'vite';
import app from '../../vite.config.ts';
import { chromiumFlags, ensureChromium, PAGE_DRAWN_ELSEWHERE } from '../tools/chromium.mjs';
import { serve } from '../tools/serve.mjs';
import type { Reply, Request } from './worker.ts';

/** Puts a request to the worker called `name`. */
export type Ask = (name: string, request: Request) => Promise<Reply>;

const PAGES = ['index.html', 'frames.html'] as const;

async function buildSite(folder: string): Promise<void> {
  await build({
    root: import.meta.dirname,
    configFile: false,
    base: './',
    assetsInclude: app.assetsInclude,
    logLevel: 'error',
    plugins: [react()],
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      chunkSizeWarningLimit: 4000,
      rolldownOptions: {
        checks: { pluginTimings: false },
        input: PAGES.map((page) => path.join(import.meta.dirname, page)),
      },
    },
  });
}

function flags(): string[] {
  if (process.env.GPU === 'hardware') return chromiumFlags('hardware');
  return [...chromiumFlags('software'), ...PAGE_DRAWN_ELSEWHERE];
}

export interface Site {
  /** Opens a fresh page. */
  open(name: (typeof PAGES)[number]): Promise<Page>;
}

export async function withSite<T>(work: (site: Site) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlvicx-bench-'));
  try {
    await buildSite(folder);
    const server = await serve({ folder });
    const browser = await chromium.launch({
      executablePath: await ensureChromium(),
      args: flags(),
    });
    try {
      return await work({
        async open(name) {
          const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
          await page.goto(new URL(name, server.url).href);
          return page;
        },
      });
    } finally {
      await browser.close();
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function openAsker(site: Site): Promise<Ask> {
  const page = await site.open('index.html');
  await page.waitForFunction(() => window.bench !== undefined);
  return (name, request) =>
    page.evaluate(([to, what]) => window.bench.ask(to, what), [name, request] as const);
}
