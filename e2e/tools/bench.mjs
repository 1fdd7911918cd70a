// `npm run bench -- …`: installs what is missing, then the benchmark in e2e/bench with its arguments. It builds its
// own page, so the app need not be built.

import { main, runPackage } from './process.mjs';
import { ensureInstalled, requireNode } from './setup.mjs';

await main(async () => {
  requireNode();
  await ensureInstalled();
  return runPackage('tsx/dist/cli.mjs', ['e2e/bench/main.ts', ...process.argv.slice(2)]);
});
