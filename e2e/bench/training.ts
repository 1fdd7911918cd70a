// A step of pretraining as the app takes it, both views rendered on the GPU from 8-bit films included: what it takes,
// dispatches, submits and allocates. Runs in the benchmark's worker.

import { commonValue } from '../../src/protocol/metrics.ts';
import { Pretrainer } from '../../src/train/pretrain.ts';
import { syntheticFilms } from './films.ts';
import { openOurDevice } from './ours.ts';
import { CONFIG, type Engine } from './problem.ts';

export async function openTraining(): Promise<Engine> {
  const device = await openOurDevice();
  const films = syntheticFilms(4 * CONFIG.batchSize, CONFIG.planeSize);
  const run = new Pretrainer({ ...CONFIG, maxSteps: 1000 }, films, device.runtime);
  await run.compile(() => {});
  return {
    adapter: device.adapter,
    async step() {
      const sample = await run.submitStep();
      device.refuseFaults();
      return commonValue(sample, 'loss/total');
    },
  };
}
