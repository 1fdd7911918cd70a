// What was tried of the settings of a sweep and which of them a method is given: the best on validation films, mean over the seeds
// at which they were tried. No test film has a say.

import { METHODS } from '../methods/records.ts';
import { spreadOf } from '../tasks/compared/record.ts';
import { meanOf } from '../tasks/scores/bootstrap.ts';
import { runId } from './names.ts';
import { type StudyMethod, type Swept, sweepOf, sweepSeedsOf } from './spec.ts';
import type { StudyState } from './state.ts';

export interface SweepRow {
  readonly swept: Swept;
  /** On validation films, mean over the seeds of the sweep; null where a run failed or is still to come. */
  readonly auroc: number | null;
  /** Deviation over seeds; null for a single one. */
  readonly spread: number | null;
  /** At one of the seeds. */
  readonly failed: boolean;
}

/** What was tried for a method; a single row where nothing was to be chosen. */
export const sweepRows = (state: StudyState, method: StudyMethod): readonly SweepRow[] =>
  sweepOf(state.spec, method).map((swept) => {
    const ids = sweepSeedsOf(state.spec).map((seed) => runId(method.name, seed, swept));
    const aurocs = ids.flatMap((id) => state.tried[id]?.auroc ?? []);
    const whole = aurocs.length === ids.length;
    return {
      swept,
      auroc: whole ? meanOf(aurocs) : null,
      spread: whole ? spreadOf(aurocs) : null,
      failed: ids.some((id) => state.failed[id] !== undefined),
    };
  });

/**
 * The settings with which a method runs: the best on validation films, the first of equals. Null while some are still to be
 * tried, and where all failed.
 */
export function chosenFor(state: StudyState, method: StudyMethod): Swept | null {
  const rows = sweepRows(state, method);
  if (rows.length === 1) return rows[0]!.swept;
  if (rows.some(({ auroc, failed }) => auroc === null && !failed)) return null;
  return (
    rows.reduce<SweepRow | null>((best, row) => {
      return row.auroc !== null && row.auroc > (best?.auroc ?? -1) ? row : best;
    }, null)?.swept ?? null
  );
}

/** Every setting of it was tried and none gave an encoder. */
export function cameToNothing(state: StudyState, method: StudyMethod): boolean {
  const rows = sweepRows(state, method);
  return rows.length > 1 && rows.every(({ failed }) => failed);
}

/** Settings as words; `otherwise` where there are none. */
export const sweptText = (swept: Swept, otherwise = 'as given'): string =>
  Object.entries(swept)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ') || otherwise;

/** A mean with its deviation, e.g. 0.912 ± 0.010. */
export const sweptScore = ({ auroc, spread, failed }: SweepRow): string => {
  if (failed) return 'failed';
  if (auroc === null) return '–';
  return auroc.toFixed(3) + (spread === null ? '' : ` ± ${spread.toFixed(3)}`);
};

/** What was taken for every method, in one sentence; for a study on validation films, which is about nothing else. */
export function choiceSentence(state: StudyState): string {
  const words = state.spec.methods.map((method) => {
    const { label } = METHODS[method.name];
    const best = chosenFor(state, method);
    const row = best && sweepRows(state, method).find(({ swept }) => sweptText(swept) === sweptText(best));
    return row
      ? `${label} with ${sweptText(row.swept, 'its settings as given')} (${sweptScore(row)})`
      : `${label} with none`;
  });
  const seeds = sweepSeedsOf(state.spec).length;
  const at = seeds === 1 ? 'at one seed' : `mean over ${seeds} seeds`;
  return `No test film was scored. On validation films, ${at}, the best of what was tried: ${words.join('; ')}.`;
}
