// Rows of the fault matrix in which the GPU device goes.

import { expect } from 'playwright/test';
import type { Fault } from '../../src/protocol/faults.ts';
import { EVERY } from './faultRig.ts';
import { type FaultRow, heldAt, MID } from './faultRow.ts';

/** Three losses within ten minutes halt a run, so losses stand between rows that start a fresh worker. */
export const DEVICE: FaultRow[] = [
  {
    fault: 'Device lost before the first checkpoint is whole',
    sees: 'one line; a mark on the charts',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'lose-device', step: 0 }]);
      await rig.says(/GPU device lost and reopened/);
      await rig.same();
    },
  },
  {
    fault: 'Device lost in the middle of a run',
    sees: 'one line with the steps repeated; a mark on the charts',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([{ kind: 'lose-device', step: MID + 1 }]);
      await rig.says(/GPU device lost and reopened, \d+ steps? repeated from step \d+/);
      await rig.same();
      await rig.marked(/GPU device lost and reopened/);
    },
  },
  {
    fault: 'A setting changed, then device lost before it is kept',
    sees: 'as above; the change is made again at its step',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      const changed = async (faults: readonly Fault[]) => {
        await rig.stepTo(EVERY + 2, faults);
        await rig.set('learningRate', '0.004');
        await rig.play();
        await rig.done();
        return rig.curves();
      };
      const whole = await changed([]);
      expect(whole).not.toEqual(rig.reference);
      expect(await changed([{ kind: 'lose-device', step: EVERY + 3 }])).toEqual(whole);
      await rig.says(/GPU device lost and reopened/);
    },
  },
  {
    fault: 'Device lost while the run is paused',
    sees: 'one line; the run stays paused where it was',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.pause();
      const step = await rig.app.step();
      await rig.inject([{ kind: 'lose-now' }]);
      await rig.says(/GPU device lost and reopened/);
      await rig.app.reaches('paused');
      expect(await rig.app.step()).toBe(step);
      await rig.play();
      await rig.same();
    },
  },
  {
    fault: 'GPU process killed',
    sees: 'one line; a mark on the charts',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await heldAt(rig, MID);
      await rig.crashGpuProcess();
      await rig.says(/GPU device lost and reopened/);
      await rig.same();
    },
  },
  {
    fault: 'Newest checkpoint torn, then device lost',
    sees: 'one line that names the checkpoint passed over',
    lost: '0',
    equal: 'yes',
    async run(rig) {
      await rig.start([
        { kind: 'write-torn', file: 'step-1', times: 1 },
        { kind: 'lose-device', step: MID + 1 },
      ]);
      await rig.says(/repeated from step \d+ \(passed over: step 1\d: its file was cut short\)/);
      await rig.same();
    },
  },
];
