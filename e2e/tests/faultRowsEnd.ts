// Rows of the fault matrix that end a worker or a page, and what is taken up again afterwards.

import { expect, test } from 'playwright/test';
import type { Config } from '../../src/config/schema.ts';
import { EVERY, type FaultRig } from './faultRig.ts';
import { type FaultRow, heldAt, KEPT, MID } from './faultRow.ts';

/** A page on a run of another method, whose own uninterrupted run is the measure from here on. */
async function ofMethod(rig: FaultRig, settings: Partial<Config>): Promise<void> {
  // Its programs are compiled anew, and it runs twice.
  test.setTimeout(300_000);
  await rig.open({ settings });
  await rig.start();
  await rig.done();
  rig.reference = await rig.curves();
}

/** Each of these ends a page or a worker, so each compiles anew. */
export const ENDINGS: FaultRow[] = [
  {
    fault: 'Worker throws',
    sees: 'one line: restarted, and from which step the run goes on; a mark on the charts',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'throw', step: MID }]);
      await rig.says(/Worker restarted .* the run goes on from step \d+/);
      await rig.same();
    },
  },
  {
    fault: 'Worker dies without a word',
    sees: 'as above',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'die', step: MID }]);
      await rig.says(/Worker restarted \(it does not answer\); the run goes on from step \d+/);
      await rig.same();
    },
  },
  {
    fault: 'Worker hangs',
    sees: 'as above',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'stall', step: MID, ms: 600_000 }]);
      await rig.says(/Worker restarted \(it does not answer\); the run goes on from step \d+/);
      await rig.same();
    },
  },
  {
    fault: 'Device lost three times in ten minutes',
    sees: 'halted with advice: smaller preset, half precision, recomputation; one press resumes',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([7, 8, 9].map((step) => ({ kind: 'lose-device', step })));
      await rig.app.reaches('failed');
      await rig.says(
        /lost again and again.*smaller preset or batch, half precision or recomputation/,
        'error',
      );
      await rig.page.getByTestId('resume-halted').click();
      await rig.app.reaches('paused');
      await rig.inject([]);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Invalid GPU call (driver or program at fault)',
    sees: 'halted, because results can no longer be trusted; one press resumes on a fresh device',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'gpu-error', step: MID }]);
      await rig.app.reaches('failed');
      await rig.says(/reported a fault/, 'error');
      await rig.page.getByTestId('resume-halted').click();
      await rig.app.reaches('paused');
      expect(await rig.app.step()).toBeLessThanOrEqual(MID);
      await rig.inject([]);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Page reloaded while training',
    sees: 'the run is offered with its curve; one press resumes',
    lost: `up to ${EVERY}`,
    equal: 'yes',
    async run(rig) {
      // Writing goes on between stalls, however busy the machine is.
      await rig.start(Array.from({ length: 8 }, (_, i) => ({ kind: 'stall', step: MID + i, ms: 700 })));
      await rig.kept(KEPT);
      await rig.reload();
      await expect(rig.page.getByTestId('resume-offer')).toContainText(/was cut off at step \d+ of 24/);
      await expect(
        rig.page.getByTestId('resume-offer').getByRole('img', { name: /^Total loss/ }),
      ).toBeVisible();
      expect(await rig.resumeOffered()).toBeGreaterThanOrEqual(EVERY);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Run halted by a fault, then the page reloaded',
    sees: 'the halted run is offered; one press resumes',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'gpu-error', step: MID }]);
      await rig.app.reaches('failed');
      await rig.reload();
      await expect(rig.page.getByTestId('resume-offer')).toContainText(/was halted at step \d+ of 24/);
      expect(await rig.resumeOffered()).toBeLessThanOrEqual(MID);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Tab closed while paused, newest checkpoint damaged meanwhile',
    sees: 'offered in a new tab; one line names the checkpoint passed over',
    lost: `up to ${EVERY}`,
    equal: 'yes',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.pause();
      await rig.kept(await rig.app.step());
      expect(await rig.damage(/^step-/, 'flip')).toBe(1);
      await rig.page.close();
      await rig.open({ keep: true });
      expect(await rig.resumeOffered()).toBeGreaterThanOrEqual(EVERY);
      await rig.says(/newest checkpoint was damaged, so the run goes on from step \d+/);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Run open in another tab',
    sees: 'the second tab shows the curves, read only',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.pause();
      const second = await rig.second();
      await expect(second.page.getByTestId('resume-offer')).toContainText('open in another tab');
      await second.page.getByTestId('watch').click();
      await expect(second.page.getByTestId('read-only')).toContainText('Read only');
      await expect(second.command('playPause')).toBeDisabled();
      await second.page.close();
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Newest record of the run torn, page reloaded',
    sees: 'the run is offered from the record before',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.pause();
      await rig.kept(await rig.app.step());
      expect(await rig.damage(/^record-/, 'cut')).toBe(1);
      await rig.reload();
      await rig.resumeOffered();
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'Films changed since',
    sees: 'which films, and the question whether to go on with these',
    lost: '0',
    equal: 'not run',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.pause();
      await rig.kept(await rig.app.step());
      await rig.reload();
      await rig.giveFilms(6);
      await rig.page.getByTestId('resume').click();
      await expect(rig.page.getByTestId('films-changed')).toContainText(
        /\d+ missing \(synthetic.*6 new \(film0\.png/,
      );
      await rig.page.getByRole('button', { name: 'Load the films first' }).click();
    },
  },
  {
    fault: 'Leave to read a remembered folder denied',
    sees: 'one line; the films and the run stay as they are, and the folder can be asked for again',
    lost: '0',
    equal: 'not run',
    async run(rig) {
      await rig.rememberFolder();
      await rig.reload();
      await rig.answerPermission('denied');
      await rig.page.getByTestId('open-again').click();
      await rig.says(/no leave to read the folder: remembered/, 'error');
      await rig.app.filmsShown();
      await expect(rig.page.getByTestId('resume-offer')).toBeVisible();
      await rig.answerPermission('granted');
      await rig.page.getByTestId('open-again').click();
      await expect(rig.page.getByTestId('error')).toBeHidden();
      await expect(rig.page.getByText(/^2 films · /)).toBeVisible();
    },
  },
  {
    fault: 'Every checkpoint of a run destroyed',
    sees: 'refused by name; nothing is half loaded',
    lost: 'all; settings and seed give the same run again',
    equal: 'not run',
    async run(rig) {
      await rig.damage(/^step-/, 'remove', 9);
      await rig.reload();
      await rig.page.getByTestId('resume').click();
      await rig.says(/cannot be resumed: none of its \d checkpoints is whole/, 'error');
      await expect(rig.app.transport).toHaveAttribute('data-state', 'idle');
      await expect(rig.app.transport).toHaveAttribute('data-step', '0');
      await rig.page.getByTestId('put-aside').click();
      await expect(rig.page.getByTestId('resume-offer')).toBeHidden();
    },
  },
  {
    fault: 'GPU out of memory at the start',
    sees: 'the next smaller preset by name; one press takes it',
    lost: '0',
    equal: 'not run',
    async run(rig) {
      const large = { width: 32, imageSize: 128, projectorHidden: 512, embeddingDim: 512, batchSize: 32 };
      await rig.open({ settings: large });
      await rig.inject([{ kind: 'out-of-memory' }]);
      await rig.play();
      await rig.app.reaches('failed');
      await rig.says(/ran out of memory.*Choose the preset demo\./, 'error');
      await rig.page.getByTestId('smaller-preset').click();
      await rig.app.reaches('idle');
      await expect(rig.page.getByTestId('error')).toBeHidden();
    },
  },
  {
    fault: 'Storage refused by the browser, then device lost',
    sees: 'one line that nothing is kept beyond the tab; the loss is mended all the same',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.open();
      await rig.start([{ kind: 'no-storage' }, { kind: 'lose-device', step: MID + 1 }]);
      await rig.says(/GPU device lost and reopened/);
      await expect(rig.page.getByTestId('kept')).toContainText('Kept until the tab closes');
      await rig.same();
    },
  },
  {
    fault: 'Device lost in a run of BYOL, which has a target network',
    sees: 'as in the middle of a run',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await ofMethod(rig, { method: 'byol' });
      await rig.start([{ kind: 'lose-device', step: MID + 1 }]);
      await rig.says(/GPU device lost and reopened, \d+ steps? repeated from step \d+/);
      await rig.same();
    },
  },
  {
    fault: 'Worker throws in a run of MoCo, which has a target network and a queue',
    sees: 'as where a worker throws',
    lost: `up to ${2 * EVERY}`,
    equal: 'yes',
    async run(rig) {
      await ofMethod(rig, { method: 'moco', queueLength: 32, keyMomentum: 0.9 });
      await rig.start([{ kind: 'throw', step: MID }]);
      await rig.says(/Worker restarted .* the run goes on from step \d+/);
      await rig.same();
    },
  },
];
