// Browser tests against the built app: full Chromium, WebGPU on the software adapter unless GPU=hardware. globalSetup builds what
// changed and serves it on a free port of this machine; no network. Two files run side by side, for a page waits a fifth of the time
// and more; a card is one test's alone. How long a machine takes under both is nobody's fault, so patience is long.

import { defineConfig } from 'playwright/test';
import { chromiumFlags, findChromium, PAGE_DRAWN_ELSEWHERE } from './tools/chromium.mjs';

const executablePath = (await findChromium()) ?? undefined;

const args =
  process.env.GPU === 'hardware'
    ? chromiumFlags('hardware')
    : [...chromiumFlags('software'), ...PAGE_DRAWN_ELSEWHERE];

export default defineConfig({
  testDir: 'tests',
  testMatch: '**/*.spec.ts',
  globalSetup: './tests/globalSetup.ts',
  workers: process.env.GPU === 'hardware' ? 1 : 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 240_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'off',
    launchOptions: {
      executablePath,
      args,
    },
  },
});
