// `npm run headless -- …`: the set-up of `npm start`, then the runner in e2e/headless with its arguments. With `--engine node` no
// browser computes: nothing is built, and Dawn is told of the software driver, for where no other is named.

import { softwareVulkan } from './chromium.mjs';
import { main, runPackage } from './process.mjs';
import { ensureInstalled, requireNode, setUp } from './setup.mjs';

const inNode = (args) =>
  args.some((word, i) => word === '--engine=node' || (word === 'node' && args[i - 1] === '--engine'));

await main(async () => {
  const args = process.argv.slice(2);
  const run = (options) => runPackage('tsx/dist/cli.mjs', ['e2e/headless/main.ts', ...args], options);
  if (!inNode(args)) {
    await setUp();
    return run();
  }
  requireNode();
  await ensureInstalled();
  return run({ env: await softwareVulkan() });
});
