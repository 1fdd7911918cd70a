// What a row of the fault matrix says and does, and what all rows share.

import { EVERY, type FaultRig } from './faultRig.ts';

export interface FaultRow {
  readonly fault: string;
  /** What the person sees. */
  readonly sees: string;
  /** Steps whose work is lost, in words; they are taken again by themselves or after one press. */
  readonly lost: string;
  /** Whether the curves are those of the run that nothing struck, bit by bit. */
  readonly equal: 'yes' | 'up to the change' | 'not run';
  run(rig: FaultRig): Promise<void>;
}

export const MID = 12;
export const KEPT = 10;

/** A run that a stall holds at `step`, so that something can be done to the page meanwhile. */
export async function heldAt(rig: FaultRig, step: number, ms = 1500): Promise<void> {
  await rig.start([{ kind: 'stall', step, ms }]);
  await rig.kept(step > EVERY ? EVERY : 0);
}
