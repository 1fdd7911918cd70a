// Test helper: a set of made-up films and a configuration so narrow that a step takes a moment, and what a run
// says of itself once time and memory are left out. Imported by tests only.

import { presetConfig } from '../config/presets.ts';
import { type Config, parseConfig } from '../config/schema.ts';
import { type EngineDataset, LABEL_UNKNOWN } from '../protocol/dataset.ts';
import { metricNames, type StepSample } from '../protocol/metrics.ts';
import { Rng } from '../util/rng.ts';

/** The smallest run: width 4 at 32 px in batches of 4. */
export const tinyConfig = (changes: Partial<Config> = {}): Config =>
  parseConfig(
    {
      width: 4,
      projectorHidden: 16,
      embeddingDim: 16,
      levelChannels: 8,
      levelSize: 8,
      batchSize: 4,
      maxSteps: 12,
      warmupEpochs: 1,
      seed: 5,
      ...changes,
    },
    presetConfig('smoke'),
  );

/** Films of changing sizes with soft structure, all for training. */
export function madeFilms(count: number, seed = 1): EngineDataset {
  const widths = Uint16Array.from({ length: count }, (_, film) => 40 + (film % 5));
  const heights = Uint16Array.from({ length: count }, (_, film) => 37 + (film % 3));
  const planes = Array.from({ length: count }, (_, film) => {
    const rng = new Rng(seed, 'synthetic', film);
    const [across, down] = [rng.uniform(3, 9), rng.uniform(3, 9)];
    const width = widths[film]!;
    return Uint8Array.from({ length: width * heights[film]! }, (__, i) => {
      const wave = Math.sin((i % width) / across) + Math.cos(Math.floor(i / width) / down);
      return Math.min(255, Math.max(0, 120 + 50 * wave + 15 * rng.normal()));
    });
  });
  return {
    name: 'made',
    fingerprint: `made-${seed}`,
    findings: ['first', 'second'],
    planes,
    widths,
    heights,
    splits: new Uint8Array(count),
    patients: Uint32Array.from({ length: count }, (_, film) => film),
    labels: Uint8Array.from({ length: 2 * count }, (_, i) => [0, 1, 1, LABEL_UNKNOWN, 0][i % 5]!),
  };
}

/** Square films as large as the configuration keeps them, which is what the budget reckons with. */
export function squareFilms({ planeSize, batchSize }: Config): EngineDataset {
  const made = madeFilms(2 * batchSize);
  const plane = Uint8Array.from({ length: planeSize ** 2 }, (_, i) => (i * i) % 251);
  return {
    ...made,
    planes: Array.from({ length: 2 * batchSize }, (_, film) => plane.map((value) => value ^ (film % 64))),
    widths: made.widths.map(() => planeSize),
    heights: made.heights.map(() => planeSize),
  };
}

/** What must be the same in every repetition of a step: all metrics but speed and memory, bit by bit. */
export const repeatable = (
  { step, values }: StepSample,
  config: Pick<Config, 'method'> = { method: 'mlvicx' },
): Record<string, number> => {
  const named = metricNames(config).map((name, i) => [name, values[i]!] as const);
  return { step, ...Object.fromEntries(named.filter(([name]) => !/^(speed|memory)\//.test(name))) };
};
