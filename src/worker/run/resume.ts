// Going on from a checkpoint: a run that was kept in this browser (is it there, is it whole, is it still about the same
// films), and a run that goes back after it has blown up.

import { type Checkpoint, readCheckpoint } from '../../checkpoint/checkpoint.ts';
import { type ConfigKey, type ConfigValue, parseValue, SCHEMA } from '../../config/schema.ts';
import { SPLITS } from '../../protocol/dataset.ts';
import type { Notice, ResumedRun, RunStatus } from '../../protocol/engine.ts';
import type { RunRecord } from '../../protocol/vault.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import type { EngineEvents, EngineStatus } from '../engine/status.ts';
import type { ActiveRun } from './activeRun.ts';
import type { RunKeeper } from './runKeeper.ts';
import type { RunLoop } from './runLoop.ts';
import type { EngineStorage } from './runStorage.ts';

export interface RunParts {
  readonly status: EngineStatus;
  readonly loop: RunLoop;
  readonly storage: EngineStorage;
  readonly events: EngineEvents;
}

/** @throws AppError run-in-use, run-missing, films-changed, checkpoint-invalid and those of RunLoop.prepare */
export async function resumeKeptRun(
  { status, loop, storage, events }: RunParts,
  id: string,
  options: { readonly acceptFilms?: boolean },
): Promise<ResumedRun> {
  // Resumed by whoever has it already, as after a fault: let go of first.
  if (status.run?.keeper?.id === id) await loop.dropRun();
  const films = status.needDataset();
  const { keeper, checkpoint, refused } = await openForResuming(await storage.take(id), films, options);
  try {
    await loop.prepare(checkpoint.config, { checkpoint });
  } catch (thrown) {
    await keeper.close();
    throw thrown;
  }
  const run = status.run!;
  await keeper.rewind(checkpoint.step);
  run.keeper = keeper;
  const { fingerprint, widths } = status.needDataset();
  if (fingerprint !== keeper.record.data.fingerprint) {
    await keeper.refit(run.trainer, { fingerprint, films: widths.length });
    status.mark('change', 'Other films');
  }
  const samples = await keeper.samples();
  run.restore(checkpoint, samples.at(-1)?.activeSeconds ?? 0);
  const state = run.finished ? 'done' : 'paused';
  const shown = status.enter(state);
  await keeper.settle(run.trainer, state, false);
  events.send({ type: 'kept', kept: await keeper.kept() });
  const other = otherwiseComputed(keeper.record.computedBy, loop.computedBy());
  if (other) events.send({ type: 'notice', notice: other });
  return { record: keeper.record, config: run.trainer.config, status: shown, samples, refused };
}

/** Back to the newest whole checkpoint, paused, with one setting changed. @throws AppError not-ready, run-missing */
export async function rollBackRun(
  { status, events }: RunParts,
  run: ActiveRun,
  change: { readonly key: ConfigKey; readonly value: ConfigValue } | null,
): Promise<RunStatus> {
  const { keeper, trainer } = run;
  if (!keeper) throw new AppError('not-ready', 'there is nothing to go back to.');
  const { step } = await run.restoreNewest();
  await keeper.rewind(step);
  events.send({ type: 'rewound', step });
  status.mark('fault', 'Rolled back');
  if (change) changeSetting(status, run, change.key, parseValue(change.key, change.value));
  await keeper.settle(trainer, 'paused', false);
  return status.enter('paused');
}

/** From the next step on, with a mark in the charts. */
export function changeSetting(
  status: EngineStatus,
  run: ActiveRun,
  key: ConfigKey,
  value: ConfigValue,
): void {
  const text = `${SCHEMA[key].label} ${run.trainer.config[key]} → ${value}`;
  run.change(key, value);
  status.mark('change', text);
}

interface Resumable {
  readonly keeper: RunKeeper;
  readonly checkpoint: Checkpoint;
  readonly refused: readonly string[];
}

/** Closes the keeper where the run cannot be resumed. @throws AppError run-missing, films-changed, checkpoint-invalid */
async function openForResuming(
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
function otherwiseComputed(before: RunRecord['computedBy'], now: RunRecord['computedBy']): Notice | null {
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
