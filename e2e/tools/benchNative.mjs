// `npm run bench:native -- …`: installs what is missing, then the native benchmark in e2e/bench/native with its arguments.
// No browser is started and nothing is fetched beyond the packages; the software driver is a Chromium's, where there is one.

import path from 'node:path';
import { findSwiftShaderIcd } from './chromium.mjs';
import { main, runPackage } from './process.mjs';
import { ensureInstalled, requireNode } from './setup.mjs';

await main(async () => {
  requireNode();
  await ensureInstalled();
  const icd = (await findSwiftShaderIcd()) ?? '';
  const env = {
    SWIFTSHADER_ICD: icd,
    LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, icd && path.dirname(icd)]
      .filter(Boolean)
      .join(path.delimiter),
  };
  return runPackage('tsx/dist/cli.mjs', ['e2e/bench/native/main.ts', ...process.argv.slice(2)], { env });
});
