// `npm run bench:native -- …`: installs what is missing, then the native benchmark in e2e/bench/native with its arguments.
// No browser is started and nothing is fetched beyond the packages; the software driver is a Chromium's, where there is one.

import { softwareVulkan } from './chromium.mjs';
import { main, runPackage } from './process.mjs';
import { ensureInstalled, requireNode } from './setup.mjs';

await main(async () => {
  requireNode();
  await ensureInstalled();
  const env = await softwareVulkan();
  return runPackage('tsx/dist/cli.mjs', ['e2e/bench/native/main.ts', ...process.argv.slice(2)], { env });
});
