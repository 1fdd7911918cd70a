// Rows of the fault matrix that one page and one device live through: storage, the tab's life, numbers that blow up.

import { expect } from 'playwright/test';
import { EVERY, STEPS } from './faultRig.ts';
import { type FaultRow, heldAt, KEPT, MID } from './faultRow.ts';

export const STORAGE: FaultRow[] = [
  {
    fault: 'Run paused and resumed',
    sees: 'paused; the step and the room it takes under Run',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.pause();
      await rig.kept(await rig.app.step());
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Writing a checkpoint fails',
    sees: 'one line: which step is kept instead; the run goes on',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'write-fails', file: `step-${KEPT}`, times: 1 }]);
      await rig.says(
        /Step 10 could not be kept: the disk is full\. The run goes on; what is kept of it is step 5/,
      );
      await rig.same();
    },
  },
  {
    fault: 'Writing a record of the run fails',
    sees: 'one line; the run goes on',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'write-fails', file: 'record', times: 2 }]);
      await rig.says(/could not be kept|Nothing of this run is kept/);
      await rig.same();
    },
  },
  {
    fault: 'Disk full',
    sees: 'one line with the bytes needed and allowed, and where to make room; the run goes on',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'quota', free: 4000 }]);
      await rig.says(/could not be kept: a checkpoint takes .+, and the browser allows 4 kB more/);
      await rig.same();
    },
  },
  {
    fault: 'Storage about to run out',
    sees: 'one line while there is still room for a few checkpoints',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'quota', free: 2_000_000 }]);
      await rig.says(/Storage runs low: a checkpoint takes/);
      await rig.same();
    },
  },
  {
    fault: 'Tab hidden',
    sees: 'nothing; the step is kept at once and training goes on',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.hides('visibilitychange');
      await rig.same();
    },
  },
  {
    fault: 'Tab about to be frozen',
    sees: 'nothing; the step is kept at once',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.hides('freeze');
      await rig.same();
    },
  },
  {
    fault: 'No step for a while: tab frozen, machine asleep',
    sees: 'one line with the time; a mark on the charts',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'stall', step: STEPS - 4, ms: 6000 }]);
      await rig.says(/No step for \d s/);
      await rig.marked(/No step for/);
      await rig.same();
    },
  },
  {
    fault: 'Screen lock refused by the browser',
    sees: 'why the screen may go off, beside the switch',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.page.evaluate(() => {
        const refuse = () => Promise.reject(new Error('battery saver is on'));
        Object.defineProperty(navigator, 'wakeLock', { value: { request: refuse }, configurable: true });
      });
      await rig.start();
      await rig.page.getByTestId('screen-on').click({ force: true });
      await expect(rig.page.getByText('The screen may go off: battery saver is on')).toBeVisible();
      await rig.same();
    },
  },
];

export const NUMBERS: FaultRow[] = [
  {
    fault: 'NaN in the images of a batch',
    sees: 'halted: level or term, place and parameter by name; one press goes back to the last good step',
    lost: `up to ${EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'nan', step: MID }]);
      const words =
        /the stem outputs only zeros for view 1 at step 12\. First in the images of the batch, then in the stem; parameter encoder\./;
      await rig.says(words, 'error');
      await rig.inject([]);
      await rig.page.getByTestId('roll-back').click();
      await rig.app.reaches('paused');
      expect(await rig.app.step()).toBe(KEPT);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'NaN, rolled back with the change suggested',
    sees: 'a button per suggestion: half the rate, clipped gradients, a longer warm-up',
    lost: `up to ${EVERY}`,
    equal: 'up to the change',
    async run(rig) {
      await rig.start([{ kind: 'nan', step: MID }]);
      await rig.says(/at step 12\. First in the images/, 'error');
      await expect(rig.page.getByTestId('roll-back-gradientClip')).toContainText('Gradient clipping off → ');
      await expect(rig.page.getByTestId('roll-back-warmupEpochs')).toContainText('Back to step 10, Warm-up');
      await rig.inject([]);
      await rig.page.getByTestId('roll-back-learningRate').click();
      rig.changed = true;
      await rig.app.reaches('paused');
      await rig.play();
      await rig.done();
      const curves = await rig.curves();
      expect(curves.slice(0, KEPT)).toEqual(rig.reference.slice(0, KEPT));
      expect(curves.map(({ step }) => step)).toEqual(rig.reference.map(({ step }) => step));
      expect(Number(curves[KEPT + 1]!['optim/learning-rate'])).toBeCloseTo(
        Number(rig.reference[KEPT + 1]!['optim/learning-rate']) / 2,
      );
    },
  },
  {
    fault: 'Newest checkpoint damaged, then NaN',
    sees: 'as above; the way back leads to the checkpoint before',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([
        { kind: 'write-torn', file: `step-${KEPT}`, times: 1 },
        { kind: 'nan', step: MID },
      ]);
      await rig.says(/at step 12\. First in the images/, 'error');
      await rig.inject([]);
      await rig.page.getByTestId('roll-back').click();
      await rig.app.reaches('paused');
      expect(await rig.app.step()).toBe(EVERY);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'File of the curves torn, then NaN',
    sees: 'as above; no gap in the charts',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'nan', step: MID }]);
      await rig.says(/at step 12\. First in the images/, 'error');
      await rig.inject([]);
      expect(await rig.damage(/^series$/, 'flip')).toBe(1);
      await rig.page.getByTestId('roll-back').click();
      await rig.app.reaches('paused');
      expect(await rig.app.step()).toBeLessThanOrEqual(EVERY);
      await rig.play();
      await rig.same();
    },
  },
];
