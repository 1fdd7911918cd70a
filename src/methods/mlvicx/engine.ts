// MLVICX as the engine trains it (paper, equations 5 to 8): the features through an MLP to z; the summed-up levels through
// their convolutions and an MLP to d; VICReg(z1, z2) + lambda VICReg(d1, d2).

import { PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { GLOBAL_WIDTHS, globalProjector, projector } from '../heads/projector.ts';
import { vicregLoss } from '../heads/vicregLoss.ts';
import {
  LEVEL_BIASES,
  LEVEL_WEIGHTS,
  localProjector,
  mlvicxNetwork,
  onesForBiases,
  projectedLevels,
} from './network.ts';

export const mlvicxEngine: MethodEngine = {
  network: mlvicxNetwork,
  // The published optimiser never sees the level convolutions (quirk Q1).
  isTrained: (name, { trainLevelConvs }) =>
    trainLevelConvs || (name !== LEVEL_WEIGHTS && name !== LEVEL_BIASES),
  settingsIn(shapes) {
    const widths = outputsIn(shapes, {
      ...GLOBAL_WIDTHS,
      levelChannels: `${PREFIX}.resize_project.convs.0.weight`,
    });
    const projectorFinalNorm = shapes(`${PREFIX}.projetion.l3.1.weight`) !== undefined;
    return 'missing' in widths ? widths : { ...widths, projectorFinalNorm };
  },
  levels: 'trained',
  constants: (images) => ({ ones: onesForBiases(images) }),
  heads(pass, { encoder, pooled, constants }, config) {
    const global = projector(pass, globalProjector(config), encoder.features);
    const local = projectedLevels(pass, pooled, constants.ones!);
    return {
      embeddings: { global, local: projector(pass, localProjector(config), local) },
      inside: { local_pooled: local },
    };
  },
  loss(tape, { embeddings }, weights) {
    const global = vicregLoss(tape, embeddings.global!, weights.global!);
    return { global: [global], local: [vicregLoss(tape, embeddings.local!, weights.local!)] };
  },
};
