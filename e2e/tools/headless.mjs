// `npm run headless -- …`: the set-up of `npm start`, then the runner in e2e/headless with its arguments.

import { main, runPackage } from './process.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  await setUp();
  return runPackage('tsx/dist/cli.mjs', ['e2e/headless/main.ts', ...process.argv.slice(2)]);
});
