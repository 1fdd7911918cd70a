// The fault matrix of docs/reliability.md, a test per row. One browser context and, where nothing ends it, one page serve
// all rows; a row that failed gets the next one a fresh page. Every run of the tests takes one row of each kind;
// `npm test -- faults` takes all.

import { expect, test } from 'playwright/test';
import { FaultRig } from './faultRig.ts';
import { FAULT_ROWS } from './faultRows.ts';
import { withoutCopies } from './fixtures.ts';

test.describe.configure({ mode: 'default', timeout: 150_000 });

let rig: FaultRig;
let healthy = false;

test.beforeAll(async ({ browser }) => {
  // The first compilation, on a machine that may be busy.
  test.setTimeout(240_000);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  await withoutCopies(context);
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

/** A checkpoint, a write, a bad number, a damaged file, a lost device, a dead worker, a reload. */
const ALWAYS = [1, 2, 10, 12, 15, 19, 25];
const all = process.env.FAULTS === 'all';

for (const [i, row] of FAULT_ROWS.entries()) {
  if (!all && !ALWAYS.includes(i + 1)) continue;
  test(`${i + 1}. ${row.fault}`, async () => {
    if (!healthy) await rig.open();
    healthy = false;
    await row.run(rig);
    healthy = true;
  });
}
