// The configurations that the native benchmark knows by name. `bench` is the one of `npm run bench`; `cores` is small
// enough for two processor cores to compare with PyTorch; the others are presets at the size they are trained at, the smallest for
// what starting costs.

import { presetConfig } from '../../../src/config/presets.ts';
import { type Config, parseConfig } from '../../../src/config/schema.ts';
import { CONFIG } from '../problem.ts';

const HEADS_256 = { projectorHidden: 256, embeddingDim: 256, levelChannels: 256, levelSize: 64 } as const;

export const PROBLEMS = {
  bench: { label: 'width 16, 64 px, batch 16, heads 128', config: CONFIG },
  cores: {
    label: 'width 32, 64 px, batch 16, heads 256',
    config: parseConfig({ ...HEADS_256, width: 32 }, CONFIG),
  },
  smoke: { label: 'preset smoke', config: presetConfig('smoke') },
  demo: { label: 'preset demo', config: presetConfig('demo') },
  laptop: { label: 'preset laptop, batch 64', config: preset('laptop') },
  paper: { label: 'preset paper, batch 64', config: preset('paper') },
} as const satisfies Record<string, { label: string; config: Config }>;

export type ProblemName = keyof typeof PROBLEMS;
export const PROBLEM_NAMES = Object.keys(PROBLEMS) as ProblemName[];

function preset(name: 'laptop' | 'paper'): Config {
  return parseConfig({ batchSize: 64 }, presetConfig(name));
}
