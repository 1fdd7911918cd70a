// What the engine does when a run meets a fault: a device that was lost is opened anew and the run brought to the step where
// it was; a loss that blew up is explained by taking the step once more under observation, and changes of settings that may
// help are offered beside the way back. Nothing here decides whether to do so.

import { PRESET_NAMES, presetConfig } from '../../config/presets.ts';
import { type Config, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import type { EngineEvent, Rollback } from '../../protocol/engine.ts';
import type { MarkKind } from '../../protocol/vault.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import { type Diagnosis, diagnose, gradientSize } from '../../train/diagnose.ts';
import type { StepObserver } from '../../train/trainingStep.ts';
import { AppError, BLOW_UPS } from '../../util/errors.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { ActiveRun } from './activeRun.ts';

/** What recovery works with and tells. */
export interface RecoveryContext {
  readonly device: EngineDevice;
  readonly run: ActiveRun;
  readonly dataset: TrainingSet;
  readonly observe?: StepObserver;
  send(event: EngineEvent): void;
  mark(kind: MarkKind, text: string): void;
}

export const isLoss = (thrown: unknown): boolean =>
  thrown instanceof AppError && thrown.code === 'device-lost';

export const isBlowUp = ({ code }: AppError): boolean => BLOW_UPS.includes(code);

/** The GPU process takes a moment to come back after it died. */
const REOPENINGS = 8;
const REOPENING_MS = 500;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function reopen(device: EngineDevice): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await device.open();
      return;
    } catch (thrown) {
      if (attempt === REOPENINGS) throw thrown;
      await wait(REOPENING_MS);
    }
  }
}

const steps = (count: number) => (count === 1 ? '1 step' : `${count} steps`);

/** Fresh device, newest checkpoint, then the same steps again up to the one that was next. @throws AppError */
export async function recoverDevice({
  device,
  run,
  dataset,
  observe,
  send,
  mark,
}: RecoveryContext): Promise<void> {
  run.keeper?.abandon();
  await reopen(device);
  const onProgress = (done: number, total: number) => send({ type: 'compile', done, total });
  const { step, refused } = await run.rebuild(dataset, device.runtime, onProgress);
  device.refuseFaults();
  const reached = run.keeper?.next ?? step;
  const different = await run.replay(reached, () => device.refuseFaults(), observe);
  device.refuseFaults();
  if (different.length > 0) {
    send({ type: 'rewound', step: different[0]!.step });
    send({ type: 'samples', samples: different });
  }
  const repeated = reached > step ? `, ${steps(reached - step)} repeated from step ${step}` : '';
  const doubts = different.length > 0 ? ' with other values than before' : '';
  const damage = refused.length > 0 ? ` (passed over: ${refused.join('; ')})` : '';
  const text = `GPU device lost and reopened${repeated}${doubts}${damage}`;
  mark('fault', text);
  const hint = 'Nothing needs to be done. If it happens often, choose a smaller preset.';
  send({ type: 'notice', notice: { kind: 'recovered', text: `${text}.`, hint } });
}

export interface BlowUp {
  readonly explained: AppError;
  /** The largest number in the gradient of the step after the last good checkpoint; null where that step blew up. */
  readonly gradient: number | null;
}

/** Names what went wrong first at the step after those noted, then puts the run at its last good checkpoint. */
export async function explainBlowUp({ run, observe }: RecoveryContext, fault: AppError): Promise<BlowUp> {
  const { keeper } = run;
  if (!keeper) return { explained: fault, gradient: null };
  keeper.abandon();
  const { step } = await run.restoreNewest();
  const size = gradientSize(run.trainer.runtime, observe);
  await run.replay(Math.min(step + 1, keeper.next), () => undefined, size.observer);
  const gradient = await size.largest();
  await run.replay(keeper.next, () => undefined, observe);
  const words = wordsOf(await diagnose(run.trainer, observe));
  await run.restoreNewest();
  return { explained: fault.with(words), gradient };
}

function wordsOf({ place, level, parameter }: Diagnosis): string {
  const first = place ? `First in ${place}` : 'First in the gradients';
  const where = level && level !== place ? `, then in the ${level}` : '';
  return `${first}${where}; parameter ${parameter}.`;
}

/** The error of a run that did not fit at its start, with the next preset that needs less than half of it as data. */
export function withSmallerPreset(fault: AppError, config: Config, device: EngineDevice): AppError {
  if (fault.code !== 'out-of-memory') return fault;
  const needed = device.plan(config).totalBytes;
  const smaller = PRESET_NAMES.find((name) => {
    const { fits, totalBytes } = device.plan(presetConfig(name));
    return fits && totalBytes < needed / 2;
  });
  return smaller ? fault.with('', { proposal: smaller }) : fault;
}

interface Standing {
  readonly config: Config;
  readonly step: number;
  readonly stepsPerEpoch: number;
}

type Suggested = Extract<ConfigKey, 'learningRate' | 'gradientClip' | 'warmupEpochs'>;

/**
 * Where no step in order could be measured. The largest number in a gradient was 34 to 850 over the first ten steps of the
 * preset smoke (with AdamW or LARS) and 66 to 138 over three of demo; a guess of that order, which each further blow-up halves.
 */
const USUAL_CLIP = 100;

const short = (value: number) => Number(value.toPrecision(4));

/**
 * A bound for the gradient. Clipped already: half of it. Else the largest number in the gradient of a step that was in order,
 * so that such a step is left as it was and only larger ones are cut.
 */
function nextClip(clip: number, largest: number | null): number {
  const { max } = SCHEMA.gradientClip;
  const wanted = clip > 0 ? clip / 2 : Math.min(max, largest ?? USUAL_CLIP);
  return Number(wanted.toPrecision(2));
}

/**
 * What may help after a run, standing at its last good checkpoint, has blown up. `largest` is the largest number in the
 * gradient of the step after that checkpoint, null where it is not known.
 */
export function rollbackOf({ config, step, stepsPerEpoch }: Standing, largest: number | null): Rollback {
  const suggest = (key: Suggested, value: number) => {
    const from = key === 'gradientClip' && config[key] === 0 ? 'off' : short(config[key]);
    return { key, value, text: `${SCHEMA[key].label} ${from} → ${value}` };
  };
  const suggestions = [
    suggest('learningRate', short(config.learningRate / 2)),
    suggest('gradientClip', nextClip(config.gradientClip, largest)),
  ];
  const longer = Math.max(1, 2 * config.warmupEpochs);
  if (step < 2 * longer * stepsPerEpoch && longer <= 100) suggestions.push(suggest('warmupEpochs', longer));
  return { step, suggestions };
}
