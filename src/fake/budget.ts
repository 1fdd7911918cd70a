// What the scripted engine says a configuration needs: rough sizes of the right order, and the rule by which a
// configuration is refused. The real numbers are planned in plan/budget.ts.

import { PRESET_NAMES, presetConfig } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import { nearestPreset } from '../config/share.ts';
import { type AdapterLimits, type Budget, bufferLimit } from '../protocol/budget.ts';

const FLOAT = 4;

const largest = ({ batchSize, width, imageSize }: Config): number =>
  2 * batchSize * width * Math.ceil(imageSize / 2) ** 2 * FLOAT;

export function fakeBudget(config: Config, limits: AdapterLimits): Budget {
  const { width, projectorHidden, embeddingDim, levelChannels } = config;
  const heads = projectorHidden * (8 * width + projectorHidden + embeddingDim);
  const parameters = 2728 * width ** 2 + heads + embeddingDim * (16 * levelChannels + 2 * embeddingDim);
  const parameterBytes = 2 * FLOAT * parameters;
  const activationBytes = 8 * largest(config);
  const needed = {
    parameters,
    parameterBytes,
    activationBytes,
    totalBytes: parameterBytes + activationBytes,
    largestBufferBytes: largest(config),
    largestBufferName: 'the kernel "Convolution"',
  };
  const limit = bufferLimit(limits);
  if (needed.largestBufferBytes <= limit) return { ...needed, fits: true };
  const smaller = PRESET_NAMES.slice(PRESET_NAMES.indexOf(nearestPreset(config)));
  const proposal = smaller.find((name) => largest(presetConfig(name)) <= limit);
  const batch = Math.floor((config.batchSize * limit) / needed.largestBufferBytes);
  const reason = `${needed.largestBufferName} needs a buffer that the adapter does not allow.`;
  return { ...needed, fits: false, reason, batch, ...(proposal && { proposal }) };
}
