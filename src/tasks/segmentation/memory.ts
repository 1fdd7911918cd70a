// What the decoder will need of the GPU, before anything is allocated (../memory.ts).

import type { Config } from '../../config/schema.ts';
import type { Budget } from '../../protocol/device.ts';
import { drawFrom } from '../../train/initialise.ts';
import { planTraining, type TrainingAdapter } from '../memory.ts';
import { LOOKED_AT_ONCE, Segmenter } from './segmenter.ts';

export const planMasks = (config: Config, adapter: TrainingAdapter): Budget => {
  const { maskBatch: batch, imageSize, seed } = config;
  return planTraining(config, adapter, {
    films: { step: batch, look: LOOKED_AT_ONCE },
    begin: (runtime) => new Segmenter(config, runtime, { draw: drawFrom(seed) }),
    images: (renderer, films) => renderer.evaluation(films, imageSize, false),
    record: (segmenter, images) => segmenter.record(images, new Float32Array(batch * imageSize ** 2)),
    words: { what: 'the decoder', lower: "the decoder's batch size" },
  });
};
