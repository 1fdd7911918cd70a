// What a configuration will need, before anything is allocated: parameters, bytes and the largest single buffer,
// held against the limits of the adapter. Pure arithmetic from the shapes of the model (docs/method.md): the bytes are
// the peak of a step played in sizes (memoryPlan.ts). The engine refuses by the same numbers.

import { levelsOf, type PlannedWeight, peakBytes } from './memoryPlan.ts';
import type { Machine } from './memoryScratch.ts';
import { PRESET_NAMES, type PresetName, presetConfig } from './presets.ts';
import type { Config } from './schema.ts';
import { nearestPreset } from './share.ts';

/** The limits of a WebGPU adapter that decide whether a run fits, in bytes unless named otherwise. */
export interface AdapterLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

export interface Budget {
  readonly parameters: number;
  /** Weights, running statistics and what the optimiser holds. */
  readonly parameterBytes: number;
  /** Everything else at its peak: films, views, maps kept for the gradient, gradients in flight, staging. */
  readonly activationBytes: number;
  readonly totalBytes: number;
  readonly largestBufferBytes: number;
  readonly largestBufferName: string;
  readonly fits: boolean;
  /** Why it does not fit, in words. */
  readonly reason?: string;
  /** The preset that does: the unchanged one, or the first smaller. */
  readonly proposal?: PresetName;
}

interface Buffer {
  readonly name: string;
  /** float32 elements. */
  readonly size: number;
}

const BYTES = 4;
const VIEWS = 2;

interface Weights {
  readonly trained: PlannedWeight[];
  /** Running means and variances, in floats. */
  readonly statistics: number[];
}

const together = (parts: readonly Weights[]): Weights => ({
  trained: parts.flatMap(({ trained }) => trained),
  statistics: parts.flatMap(({ statistics }) => statistics),
});

const plain = (name: string, ...sizes: number[]): Weights => ({
  trained: sizes.map((size) => ({ name, size })),
  statistics: [],
});

const norm = (name: string, size: number): Weights => ({
  trained: [1, 2].map(() => ({ name: `${name} norm`, size })),
  statistics: [size, size],
});

const conv = (name: string, kernel: number, input: number, output: number): Weights =>
  together([plain(`${name} weights`, kernel * kernel * input * output), norm(name, output)]);

function stageWeights(name: string, input: number, output: number): Weights {
  const shortcut = input === output ? [] : [conv(`${name} shortcut`, 1, input, output)];
  return together([
    ...[input, output, output, output].map((from) => conv(name, 3, from, output)),
    ...shortcut,
  ]);
}

function projectorWeights(name: string, widths: readonly number[], finalNorm: boolean): Weights {
  return together(
    widths.slice(1).flatMap((output, i) => {
      const layer = `${name} layer ${i + 1}`;
      const dense = [plain(`${layer} weights`, widths[i]! * output), plain(`${layer} bias`, output)];
      return i < widths.length - 2 || finalNorm ? [...dense, norm(layer, output)] : dense;
    }),
  );
}

function weightsOf(config: Config): Weights {
  const { projectorHidden: hidden, embeddingDim: dim, levelChannels, projectorFinalNorm } = config;
  const channels = levelsOf(config).map((level) => level.channels);
  const all = channels.reduce((a, b) => a + b, 0);
  const frozen = !config.trainLevelConvs;
  return together([
    conv('stem', 7, 3, channels[0]!),
    ...[1, 2, 3, 4].map((stage) => stageWeights(`stage ${stage}`, channels[stage - 1]!, channels[stage]!)),
    ...channels.map((c) => plain('context bottleneck', c * Math.floor(c / 2), c * Math.floor(c / 2), 98)),
    {
      trained: [all * levelChannels, 5 * levelChannels].map((size) => ({
        name: 'level projection',
        size,
        frozen,
      })),
      statistics: [],
    },
    projectorWeights('global projector', [channels[4]!, hidden, hidden, dim], projectorFinalNorm),
    projectorWeights('local projector', [16 * levelChannels, dim, dim, dim], projectorFinalNorm),
  ]);
}

/** The buffers that may be the largest: each weight, the films, the views and the maps of both views together. */
function buffersOf(config: Config, weights: readonly PlannedWeight[]): Buffer[] {
  const { batchSize, imageSize, planeSize } = config;
  const maps = levelsOf(config).map(({ channels, side }, level) => ({
    name: level === 0 ? 'stem activations' : `stage ${level} activations`,
    size: VIEWS * batchSize * channels * side * side,
  }));
  return [
    ...weights,
    { name: 'films of a batch', size: (batchSize * planeSize ** 2) / 4 },
    { name: 'views', size: VIEWS * batchSize * 3 * imageSize ** 2 },
    ...maps,
  ];
}

function refusal(limits: AdapterLimits, bytes: number, name: string): string | null {
  const limit = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (bytes <= limit) return null;
  const mebi = (value: number) => `${Math.round(value / 2 ** 20).toLocaleString('en')} MiB`;
  return `the ${name} need one buffer of ${mebi(bytes)}, the adapter allows ${mebi(limit)}.`;
}

function need(config: Config, machine: Machine) {
  const { trained: weights, statistics } = weightsOf(config);
  const largest = buffersOf(config, weights).reduce((a, b) => (b.size > a.size ? b : a));
  const { state, total } = peakBytes(config, weights, statistics, machine);
  return {
    parameters: weights.reduce((sum, { size }) => sum + size, 0),
    parameterBytes: state,
    activationBytes: total - state,
    totalBytes: total,
    largestBufferBytes: largest.size * BYTES,
    largestBufferName: largest.name,
  };
}

/** The need of a configuration, and whether an adapter with these limits can meet it. */
export function predictBudget(config: Config, limits: AdapterLimits, software = false): Budget {
  const machine = { software };
  const needed = need(config, machine);
  const reason = refusal(limits, needed.largestBufferBytes, needed.largestBufferName);
  if (reason === null) return { ...needed, fits: true };
  const smaller = PRESET_NAMES.slice(PRESET_NAMES.indexOf(nearestPreset(config)));
  const proposal = smaller.find((name) => {
    const other = need(presetConfig(name), machine);
    return refusal(limits, other.largestBufferBytes, other.largestBufferName) === null;
  });
  const advice = proposal ? ` The preset ${proposal} fits.` : '';
  return { ...needed, fits: false, reason: reason + advice, ...(proposal && { proposal }) };
}
