// BYOL as the engine trains it (arXiv 2006.07733, section 3): encoder and projector, of which the target network is the moving
// average, and a predictor behind the trained one. The loss moves the predictions alone.

import {
  backbone,
  contextBottlenecks,
  cosineMomentum,
  joined,
  PREFIX,
  targetOf,
} from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { cosineLoss, directionStatistics } from '../heads/cosineLoss.ts';
import {
  predictorLayers,
  projector,
  projectorNetwork,
  SHORT_WIDTHS,
  shortProjector,
} from '../heads/projector.ts';

/** mean(2 - 2 cos(p1, t2)) + mean(2 - 2 cos(p2, t1)), as the mean over both. */
const ATTRS = { scale: 4, offset: 4 };

const predictorOf = (config: { embeddingDim: number; projectorHidden: number }) =>
  predictorLayers(config.embeddingDim, config.projectorHidden);

export const byolEngine: MethodEngine = {
  network(config) {
    const bottlenecks = config.bottlenecks ? [contextBottlenecks(config.width)] : [];
    const followed = joined(backbone(config.width), projectorNetwork(shortProjector(config)), ...bottlenecks);
    return joined(followed, projectorNetwork(predictorOf(config)), targetOf(followed));
  },
  isTrained: () => true,
  settingsIn(shapes) {
    const predictor = `${PREFIX}.predictor.l2.0.weight`;
    const found = outputsIn(shapes, { ...SHORT_WIDTHS, predictor });
    if ('missing' in found) return found;
    const { predictor: _, ...widths } = found;
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    return { ...widths, bottlenecks };
  },
  levels: 'measured',
  heads(pass, { encoder }, config) {
    const z = projector(pass, shortProjector(config), encoder.features);
    return { embeddings: { global: z }, inside: { prediction: projector(pass, predictorOf(config), z) } };
  },
  target: {
    embed: (pass, features, config) => projector(pass, shortProjector(config), features),
    momentum: ({ targetMomentum }, progress) => cosineMomentum(targetMomentum, progress),
  },
  loss(tape, { embeddings, inside }, weights) {
    const cosines = { prediction: inside.prediction!, target: inside.target!, throughTarget: false };
    const terms = cosineLoss(tape, cosines, weights.global!, ATTRS);
    return { global: [directionStatistics(embeddings.global!), terms] };
  },
};
