// What is offered after a blow-up beside the way back itself: changes of settings that may help, each in one press. How the
// run is brought back is in rescue.ts and engine.ts.

import { type Config, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import type { Rollback } from '../../protocol/engine.ts';

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
