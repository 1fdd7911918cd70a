// VICReg as the engine trains it (arXiv 2105.04906, section 4): the features through three layers, batch norm and ReLU
// between them and nothing at the end, and the loss on what comes out.

import { backbone, contextBottlenecks, joined, PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { GLOBAL_WIDTHS, globalProjector, projector, projectorNetwork } from '../heads/projector.ts';
import { vicregLoss } from '../heads/vicregLoss.ts';

const layers = (config: { width: number; projectorHidden: number; embeddingDim: number }) =>
  globalProjector({ ...config, projectorFinalNorm: false });

export const vicregEngine: MethodEngine = {
  network(config) {
    const parts = [backbone(config.width), projectorNetwork(layers(config))];
    return joined(...parts, ...(config.bottlenecks ? [contextBottlenecks(config.width)] : []));
  },
  isTrained: () => true,
  settingsIn(shapes) {
    const widths = outputsIn(shapes, GLOBAL_WIDTHS);
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    return 'missing' in widths ? widths : { ...widths, bottlenecks };
  },
  levels: 'measured',
  heads: (pass, { encoder }, config) => ({
    embeddings: { global: projector(pass, layers(config), encoder.features) },
    inside: {},
  }),
  loss: (tape, { embeddings }, weights) => ({
    global: [vicregLoss(tape, embeddings.global!, weights.global!)],
  }),
};
