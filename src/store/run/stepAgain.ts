// A step of the run at hand looked at again: asked of the engine with the weights that stand nearest, those of a checkpoint that
// is kept at or before the step or the present ones. A run that trains is halted for it and goes on by itself.

import { create } from 'zustand';
import type { StepAgain } from '../../protocol/engine.ts';
import { toWire, type WireError } from '../../util/errors.ts';
import { type RestorePoint, readRunCheckpoint } from '../../vault/runs.ts';
import { besideTraining } from '../client.ts';
import { showPart } from '../page/learnt.ts';
import { showView } from '../page/settings.ts';
import { useSession } from '../session.ts';
import { runStorage } from './resume.ts';

interface StepAgainState {
  /** The step asked for last; null: none yet. */
  readonly asked: number | null;
  readonly working: boolean;
  readonly again: StepAgain | null;
  readonly problem: WireError | null;
}

const NOTHING: StepAgainState = { asked: null, working: false, again: null, problem: null };

export const useStepAgain = create<StepAgainState>()(() => NOTHING);
const { getState: get, setState: set } = useStepAgain;

/** Shows the part of the page with this step. */
export function showStep(step: number): void {
  showPart('step');
  showView('learnt');
  void lookAgainAt(step);
}

/** One at a time; of steps asked for meanwhile the last one follows. */
export async function lookAgainAt(step: number): Promise<void> {
  set({ asked: step });
  if (get().working) return;
  set({ working: true, problem: null });
  try {
    const checkpoint = await nearestCheckpoint(step);
    const again = await besideTraining((engine) => engine.stepAgain(step, checkpoint?.bytes));
    set({ again });
  } catch (thrown) {
    set({ problem: toWire(thrown) });
  } finally {
    set({ working: false });
  }
  const { asked } = get();
  if (asked !== null && asked !== step) await lookAgainAt(asked);
}

/** The kept checkpoint at or before the step; null where there is none, or the present weights are as near. */
async function nearestCheckpoint(step: number): Promise<RestorePoint | null> {
  const { status } = useSession.getState();
  if (status.runId === null || status.step === step) return null;
  const point = await readRunCheckpoint(await runStorage(), status.runId, step).catch(() => null);
  const nearer = point && step - point.entry.step < Math.abs(status.step - step);
  return nearer ? point : null;
}

useSession.subscribe((state, before) => {
  if (state.runConfig === null && before.runConfig !== null) set(NOTHING);
});
