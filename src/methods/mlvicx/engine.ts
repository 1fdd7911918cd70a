// MLVICX as the engine trains it (paper, equations 5 to 8): the features through an MLP to z; the summed-up levels through
// their convolutions and an MLP to d; VICReg(z1, z2) + lambda VICReg(d1, d2).

import { PREFIX } from '../encoder/network.ts';
import type { MethodEngine } from '../engine.ts';
import { globalProjector, projector } from '../heads/projector.ts';
import { vicregLoss } from '../heads/vicregLoss.ts';
import { onesForBiases, projectedLevels } from './localHead.ts';
import { LEVEL_BIASES, LEVEL_WEIGHTS, localProjector, mlvicxNetwork } from './network.ts';

export const mlvicxEngine: MethodEngine = {
  network: mlvicxNetwork,
  // The published optimiser never sees the level convolutions (quirk Q1).
  isTrained: (name, { trainLevelConvs }) =>
    trainLevelConvs || (name !== LEVEL_WEIGHTS && name !== LEVEL_BIASES),
  settingsIn(shapes) {
    const names = {
      width: `${PREFIX}.encoder.0.weight`,
      projectorHidden: `${PREFIX}.projetion.l1.0.weight`,
      embeddingDim: `${PREFIX}.projetion.l3.0.weight`,
      levelChannels: `${PREFIX}.resize_project.convs.0.weight`,
    };
    const missing = Object.values(names).find((name) => !shapes(name));
    if (missing) return { missing };
    const outputs = Object.entries(names).map(([key, name]) => [key, shapes(name)!.at(-1) ?? 0]);
    const projectorFinalNorm = shapes(`${PREFIX}.projetion.l3.1.weight`) !== undefined;
    return { ...Object.fromEntries(outputs), projectorFinalNorm };
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
