// What a configuration will need, before anything is allocated: parameters, bytes and the largest single buffer,
// held against the limits of the adapter. Pure arithmetic from the shapes of the model (docs/method.md); the
// engine refuses by the same numbers. Bytes of activations are an estimate: what the gradient keeps of two views.

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
  /** Weights, their gradients and the optimiser's memory. */
  readonly parameterBytes: number;
  /** Maps of both views that the gradient needs, and the gradients in flight. */
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

interface Tensor {
  readonly name: string;
  /** float32 elements. */
  readonly size: number;
}

const BYTES = 4;
const VIEWS = 2;
/** Kept per convolution for the gradient: its output, the normalised map and the rectified one. */
const MAPS_PER_CONV = 3;
/** Attended by channel, attended by place. */
const MAPS_PER_BOTTLENECK = 2;

const sum = (tensors: readonly Tensor[]) => tensors.reduce((total, { size }) => total + size, 0);
const half = (side: number) => Math.floor((side - 1) / 2) + 1;

/** Channels and side of the five level maps. */
function levelsOf({ width, imageSize }: Config): { channels: number; side: number }[] {
  const stem = half(imageSize);
  const sides = [stem];
  for (let level = 1; level < 5; level++) sides.push(half(sides[level - 1]!));
  return [1, 1, 2, 4, 8].map((factor, level) => ({ channels: width * factor, side: sides[level]! }));
}

const conv = (name: string, kernel: number, input: number, output: number): Tensor[] => [
  { name: `${name} weights`, size: kernel * kernel * input * output },
  { name: `${name} norm`, size: 2 * output },
];

function stageWeights(name: string, input: number, output: number): Tensor[] {
  const shortcut = input === output ? [] : conv(`${name} shortcut`, 1, input, output);
  const blocks = [input, output, output, output].flatMap((from) => conv(name, 3, from, output));
  return [...blocks, ...shortcut];
}

function projectorWeights(name: string, widths: readonly number[], finalNorm: boolean): Tensor[] {
  return widths.slice(1).flatMap((output, layer) => {
    const norm = layer < widths.length - 2 || finalNorm ? 2 * output : 0;
    return [
      { name: `${name} layer ${layer + 1} weights`, size: widths[layer]! * output },
      { name: `${name} layer ${layer + 1} bias and norm`, size: output + norm },
    ];
  });
}

function weightsOf(config: Config): Tensor[] {
  const { projectorHidden: hidden, embeddingDim: dim, levelChannels, projectorFinalNorm } = config;
  const levels = levelsOf(config);
  const channels = levels.map((level) => level.channels);
  return [
    ...conv('stem', 7, 3, channels[0]!),
    ...[1, 2, 3, 4].flatMap((stage) =>
      stageWeights(`stage ${stage}`, channels[stage - 1]!, channels[stage]!),
    ),
    ...channels.map((c) => ({ name: 'context bottleneck', size: 2 * c * Math.floor(c / 2) + 98 })),
    ...channels.map((c) => ({ name: 'level projection', size: c * levelChannels + levelChannels })),
    ...projectorWeights('global projector', [channels[4]!, hidden, hidden, dim], projectorFinalNorm),
    ...projectorWeights('local projector', [16 * levelChannels, dim, dim, dim], projectorFinalNorm),
  ];
}

/** Maps of one view; each name stands for several buffers of that size. */
function activationsOf(config: Config): (Tensor & { readonly copies: number })[] {
  const { batchSize, imageSize, projectorHidden, embeddingDim } = config;
  const convsPerLevel = [1, 4, 5, 5, 5];
  const levels = levelsOf(config).map(({ channels, side }, level) => ({
    name: level === 0 ? 'stem activations' : `stage ${level} activations`,
    size: batchSize * channels * side * side,
    copies: convsPerLevel[level]! * MAPS_PER_CONV + MAPS_PER_BOTTLENECK,
  }));
  return [
    { name: 'views', size: batchSize * 3 * imageSize * imageSize, copies: 1 },
    ...levels,
    { name: 'projector activations', size: batchSize * Math.max(projectorHidden, embeddingDim), copies: 18 },
  ];
}

function refusal(limits: AdapterLimits, bytes: number, name: string): string | null {
  const limit = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (bytes <= limit) return null;
  const mebi = (value: number) => `${Math.round(value / 2 ** 20).toLocaleString('en')} MiB`;
  return `the ${name} need one buffer of ${mebi(bytes)}, the adapter allows ${mebi(limit)}.`;
}

function need(config: Config) {
  const weights = weightsOf(config);
  const activations = activationsOf(config);
  const largest = [...weights, ...activations].reduce((a, b) => (b.size > a.size ? b : a));
  const parameters = sum(weights);
  const optimiserCopies = config.optimiser === 'adamw' ? 2 : 1;
  const kept = activations.reduce((total, { size, copies }) => total + size * copies, 0);
  const inFlight = 4 * Math.max(...activations.map(({ size }) => size));
  const parameterBytes = parameters * BYTES * (2 + optimiserCopies);
  const activationBytes = (kept * VIEWS + inFlight) * BYTES;
  return {
    parameters,
    parameterBytes,
    activationBytes,
    totalBytes: parameterBytes + activationBytes,
    largestBufferBytes: largest.size * BYTES,
    largestBufferName: largest.name,
  };
}

/** The need of a configuration, and whether an adapter with these limits can meet it. */
export function predictBudget(config: Config, limits: AdapterLimits): Budget {
  const needed = need(config);
  const reason = refusal(limits, needed.largestBufferBytes, needed.largestBufferName);
  if (reason === null) return { ...needed, fits: true };
  const smaller = PRESET_NAMES.slice(PRESET_NAMES.indexOf(nearestPreset(config)));
  const proposal = smaller.find((name) => {
    const other = need(presetConfig(name));
    return refusal(limits, other.largestBufferBytes, other.largestBufferName) === null;
  });
  const advice = proposal ? ` The preset ${proposal} fits.` : '';
  return { ...needed, fits: false, reason: reason + advice, ...(proposal && { proposal }) };
}
