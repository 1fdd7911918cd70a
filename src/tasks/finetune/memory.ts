// What fine-tuning will need of the GPU, before anything is allocated (../memory.ts): the moments of two optimisers, of the encoder
// and of the layer, and the maps of a batch of whole films or of two views of each.

import type { Config } from '../../config/schema.ts';
import type { Budget } from '../../protocol/device.ts';
import { drawFrom } from '../../train/initialise.ts';
import { planTraining, type TrainingAdapter } from '../memory.ts';
import { SCORED_AT_ONCE, Tuner, viewsOf } from './tuner.ts';

/** Where it is not known yet how many there will be; a layer of so many is next to nothing beside the encoder. */
const SOME_FINDINGS = 14;

export const planTuning = (config: Config, adapter: TrainingAdapter, findings = SOME_FINDINGS): Budget => {
  const { tuneBatch: batch, imageSize, seed } = config;
  const views = viewsOf(config);
  return planTraining(config, adapter, {
    films: { step: batch, look: SCORED_AT_ONCE },
    begin: (runtime) => new Tuner(config, Array<number>(findings).fill(1), runtime, { draw: drawFrom(seed) }),
    images: (renderer, films) =>
      views === 2 ? renderer.render(films, 0, config) : renderer.evaluation(films, imageSize, false),
    record: (tuner, images) => tuner.record(images, new Uint8Array(views * batch * findings), views),
    words: { what: 'fine-tuning', lower: 'the batch size of fine-tuning' },
  });
};
