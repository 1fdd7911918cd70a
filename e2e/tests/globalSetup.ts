// Builds what changed and serves it for the duration of the browser tests. The address reaches the tests in
// PLAYGROUND_URL, which the fixtures read.

import { serve } from '../tools/serve.mjs';
import { setUp } from '../tools/setup.mjs';

export default async function globalSetup(): Promise<() => Promise<void>> {
  await setUp();
  const server = await serve();
  process.env.PLAYGROUND_URL = server.url;
  return () => server.close();
}
