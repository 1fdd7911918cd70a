// The faults of `soak`, one row each: what is put into a run that stands still, and what is done once it goes on. A row
// leaves the run under way, or finished.

import type { Fault } from '../../src/protocol/faults.ts';
import type { SoakRun } from './soakRun.ts';

export interface SoakFault {
  /** Put into the engine before the run goes on; `step` is still to come. */
  inject?(step: number): readonly Fault[];
  after(run: SoakRun, step: number): Promise<void>;
}

/** Fresh workers, the same films, and the run taken up from what is kept. */
async function restarted(run: SoakRun): Promise<void> {
  await run.call('restart');
  await run.films();
  await run.resume();
}

async function reloaded(run: SoakRun): Promise<void> {
  await run.reload();
  await run.films();
  await run.resume();
}

export const SOAK_FAULTS: Readonly<Record<string, SoakFault>> = {
  'device lost': {
    inject: (step) => [{ kind: 'lose-device', step }],
    after: (run, step) => run.passes(step + 1),
  },
  'GPU process killed': {
    async after(run, step) {
      await run.passes(step);
      await run.killGpu();
      await run.passes(step + 1);
    },
  },
  'worker dies': {
    inject: (step) => [{ kind: 'die', step }],
    async after(run) {
      await run.falls('silent');
      await restarted(run);
    },
  },
  'worker throws': {
    inject: (step) => [{ kind: 'throw', step }],
    async after(run, step) {
      await run.passes(step);
      await restarted(run);
    },
  },
  'page reloaded': {
    async after(run, step) {
      await run.passes(step);
      await reloaded(run);
    },
  },
  'newest checkpoint damaged, page reloaded': {
    async after(run, step) {
      await run.passes(step);
      await run.call('pause');
      await run.call('corrupt', run.id);
      await reloaded(run);
    },
  },
  'NaN in a batch': {
    inject: (step) => [{ kind: 'nan', step }],
    async after(run) {
      await run.falls('failed');
      await run.call('inject', []);
      await run.rollBack();
    },
  },
  'write fails': {
    inject: () => [{ kind: 'write-fails', file: 'step-', times: 1 }],
    after: (run, step) => run.passes(step),
  },
  'write torn, then device lost': {
    inject: (step) => [
      { kind: 'write-torn', file: 'step-', times: 1 },
      { kind: 'lose-device', step },
    ],
    after: (run, step) => run.passes(step + 1),
  },
  'disk full': {
    inject: () => [{ kind: 'quota', free: 0 }],
    after: (run, step) => run.passes(step),
  },
  'paused and resumed': {
    async after(run, step) {
      await run.passes(step);
      await run.call('pause');
      await run.call('play');
    },
  },
};
