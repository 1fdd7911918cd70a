// The faults of `soak`, one row each: what is done to a run that is going on, and how one gets it back. Each row begins with
// a run under way and leaves it under way, or finished.

import type { SoakRun } from './soakRun.ts';

type SoakFault = (run: SoakRun, step: number) => Promise<void>;

/** Lets the worker restart and takes the run up from what is kept. */
async function restarted(run: SoakRun): Promise<void> {
  await run.call('restart');
  await run.films();
  await run.resume();
}

export const SOAK_FAULTS: Readonly<Record<string, SoakFault>> = {
  'device lost': async (run, step) => {
    await run.call('inject', [{ kind: 'lose-device', step }]);
    await run.passes(step + 1);
  },

  'GPU process killed': async (run, step) => {
    await run.passes(step);
    await run.killGpu();
    await run.passes(step + 1);
  },

  'worker dies': async (run, step) => {
    await run.call('inject', [{ kind: 'die', step }]);
    await run.falls('silent');
    await restarted(run);
  },

  'worker throws': async (run, step) => {
    await run.call('inject', [{ kind: 'throw', step }]);
    await run.passes(step);
    await restarted(run);
  },

  'page reloaded': async (run, step) => {
    await run.passes(step);
    await run.reload();
    await run.films();
    await run.resume();
  },

  'newest checkpoint damaged, page reloaded': async (run, step) => {
    await run.passes(step);
    await run.call('pause');
    await run.call('corrupt', run.id);
    await run.reload();
    await run.films();
    await run.resume();
  },

  'NaN in a batch': async (run, step) => {
    await run.call('inject', [{ kind: 'nan', step }]);
    await run.falls('failed');
    await run.call('inject', []);
    await run.call('rollBack');
    await run.call('play');
  },

  'write fails': async (run, step) => {
    await run.call('inject', [{ kind: 'write-fails', file: 'step-', times: 1 }]);
    await run.passes(step);
  },

  'write torn, then device lost': async (run, step) => {
    await run.call('inject', [
      { kind: 'write-torn', file: 'step-', times: 1 },
      { kind: 'lose-device', step },
    ]);
    await run.passes(step + 1);
  },

  'disk full': async (run, step) => {
    await run.call('inject', [{ kind: 'quota', free: 0 }]);
    await run.passes(step);
    await run.call('inject', []);
  },

  'paused and resumed': async (run, step) => {
    await run.passes(step);
    await run.call('pause');
    await run.call('play');
  },
};
