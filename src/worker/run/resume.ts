// Taking up a run that was kept: is it there, is it whole, is it still about the same films. Building it is the engine's.

import { type Checkpoint, readCheckpoint } from '../../checkpoint/checkpoint.ts';
import { SPLITS } from '../../protocol/dataset.ts';
import type { Notice } from '../../protocol/engine.ts';
import type { RunRecord } from '../../protocol/vault.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import type { RunKeeper } from './runKeeper.ts';

interface Resumable {
  readonly keeper: RunKeeper;
  readonly checkpoint: Checkpoint;
  readonly refused: readonly string[];
}

/** Closes the keeper where the run cannot be resumed. @throws AppError run-missing, films-changed, checkpoint-invalid */
export async function resumeRun(
  keeper: RunKeeper | null,
  films: TrainingSet,
  { acceptFilms = false }: { readonly acceptFilms?: boolean },
): Promise<Resumable> {
  if (!keeper) throw new AppError('run-missing', 'its record is gone or damaged.');
  try {
    const { data, checkpoints } = keeper.record;
    if (data.fingerprint !== films.fingerprint && !acceptFilms) {
      const training = films.splits.filter((split) => split === SPLITS.indexOf('train')).length;
      const detail = `then ${data.films} films, now ${films.widths.length} (${training} for training).`;
      throw new AppError('films-changed', detail);
    }
    const point = await keeper.restorePoint();
    if (!point) {
      throw new AppError('run-missing', `none of its ${checkpoints.length} checkpoints is whole.`);
    }
    return { keeper, checkpoint: readCheckpoint(point.bytes), refused: point.refused };
  } catch (thrown) {
    await keeper.close();
    throw thrown;
  }
}

/** What a person should know where adapter or kernels are not those that the run was begun with; null where they are. */
export function otherwiseComputed(
  before: RunRecord['computedBy'],
  now: RunRecord['computedBy'],
): Notice | null {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const different = names.filter((name) => before[name] !== now[name]);
  if (different.length === 0) return null;
  const words = different.map((name) => `${name} ${before[name] ?? 'as usual'} → ${now[name] ?? 'as usual'}`);
  return {
    kind: 'recovered',
    text: `The run is computed otherwise than it was begun: ${words.join(', ')}.`,
    hint: 'It goes on correctly, but its curves are not those to the last digit that it would have had.',
  };
}
