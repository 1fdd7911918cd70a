// Browser tests against the built app: one worker, full Chromium, WebGPU on the software adapter unless
// GPU=hardware. globalSetup builds what changed and serves it on a free port of this machine; no network.

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
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  expect: { timeout: 20_000 },
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
