// `npm run fuzz -- --count 20000 --seed 1`: so many damaged films through the readers, in Node, with the codecs of the
// product. The same test runs a few hundred in `npm test`; this asks it for more.

import { parseArgs } from 'node:util';
import { main, runPackage } from './process.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  const options = { count: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } };
  const { count, seed } = parseArgs({ options }).values;
  await setUp();
  const env = { FUZZ_COUNT: count, FUZZ_SEED: seed, NODE_OPTIONS: '--expose-gc' };
  return runPackage('vitest/vitest.mjs', ['run', 'src/data/fuzz.test.ts'], { env });
});
