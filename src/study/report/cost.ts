// What each method of a study cost: time and the most GPU memory of its runs, the settings tried for it included.

import { METHODS, type MethodName } from '../../methods/records.ts';
import { chosenFor, runId } from '../queue.ts';
import { sweepOf } from '../spec.ts';
import type { StudyState } from '../state.ts';

export interface MethodCost {
  readonly method: MethodName;
  readonly label: string;
  /** Of the runs that stand in the table, each. */
  readonly secondsPerRun: number | null;
  readonly secondsPerStep: number | null;
  /** The most in use, bytes. */
  readonly memory: number | null;
  /** Of everything that was trained for it. */
  readonly secondsInAll: number;
  readonly runs: number;
}

export function costOf(state: StudyState): readonly MethodCost[] {
  const { spec, trained } = state;
  return spec.methods.map((method) => {
    const swept = chosenFor(state, method);
    const shown = spec.seeds.flatMap((seed) => {
      const run = swept && trained[runId(method.name, seed, swept)];
      return run ? [run] : [];
    });
    const ids = spec.seeds.flatMap((seed) =>
      sweepOf(spec, method).map((one) => runId(method.name, seed, one)),
    );
    const all = ids.flatMap((id) => (trained[id] ? [trained[id]] : []));
    const sum = (runs: typeof all) => runs.reduce((total, { seconds }) => total + seconds, 0);
    const steps = shown.reduce((total, run) => total + run.steps, 0);
    const memory = shown.flatMap((run) => (run.memory === null ? [] : [run.memory]));
    return {
      method: method.name,
      label: METHODS[method.name].label,
      secondsPerRun: shown.length > 0 ? sum(shown) / shown.length : null,
      secondsPerStep: steps > 0 ? sum(shown) / steps : null,
      memory: memory.length > 0 ? Math.max(...memory) : null,
      secondsInAll: sum(all),
      runs: all.length,
    };
  });
}
