// The fault matrix of docs/reliability.md, a test per row. One browser context and, where nothing ends it, one page serve
// all rows; a row that failed gets the next one a fresh page.

import { expect, test } from 'playwright/test';
import { FaultRig } from './faultRig.ts';
import { FAULT_ROWS } from './faultRows.ts';

test.describe.configure({ mode: 'default', timeout: 150_000 });

let rig: FaultRig;
let healthy = false;

test.beforeAll(async ({ browser }) => {
  // The first compilation, on a machine that may be busy.
  test.setTimeout(240_000);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  await context.addInitScript(() => {
    globalThis.__faults = true;
  });
  const home = process.env.PLAYGROUND_URL;
  if (!home) throw new Error('PLAYGROUND_URL is not set: globalSetup did not run');
  rig = new FaultRig(context, home);
  await rig.open();
  await rig.start();
  await rig.done();
  rig.reference = await rig.curves();
  expect(rig.reference).toHaveLength(24);
  healthy = true;
});

test.afterAll(async () => {
  await rig?.context.close();
});

for (const [i, row] of FAULT_ROWS.entries()) {
  test(`${i + 1}. ${row.fault}`, async () => {
    if (!healthy) await rig.open();
    healthy = false;
    await row.run(rig);
    healthy = true;
  });
}
