// SimSiam as the engine trains it (arXiv 2011.10566, section 3 and appendix A): a projector of three layers with batch norm
// after each, the last without an affine part, and a predictor that is a bottleneck. The gradient goes through the
// predictions alone, unless the stop is taken away.

import { backbone, contextBottlenecks, joined, PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { cosineLoss, directionStatistics } from '../heads/cosineLoss.ts';
import {
  GLOBAL_WIDTHS,
  globalProjector,
  predictorLayers,
  projector,
  projectorNetwork,
} from '../heads/projector.ts';

interface Shape {
  readonly width: number;
  readonly projectorHidden: number;
  readonly embeddingDim: number;
  readonly predictorBottleneck: number;
}

const projectorOf = (shape: Shape) => globalProjector({ ...shape, projectorFinalNorm: true });
const predictorOf = ({ embeddingDim, predictorBottleneck }: Shape) =>
  predictorLayers(embeddingDim, Math.max(1, Math.round(embeddingDim / predictorBottleneck)));

/** The projector's last norm, whose weight and bias stay one and zero. */
const LAST_NORM = `${PREFIX}.projetion.l3.1`;
/** -(cos(p1, z2) + cos(p2, z1)) / 2, the mean over films. */
const ATTRS = { scale: 1, offset: 0 };

export const simsiamEngine: MethodEngine = {
  network(config) {
    const heads = [projectorOf(config), predictorOf(config)].map(projectorNetwork);
    const parts = [backbone(config.width), ...heads];
    return joined(...parts, ...(config.bottlenecks ? [contextBottlenecks(config.width)] : []));
  },
  isTrained: (name) => name !== `${LAST_NORM}.weight` && name !== `${LAST_NORM}.bias`,
  settingsIn(shapes) {
    const predictor = `${PREFIX}.predictor.l1.0.weight`;
    const found = outputsIn(shapes, { ...GLOBAL_WIDTHS, predictor });
    if ('missing' in found) return found;
    const { predictor: hidden, ...widths } = found;
    const bottlenecks = shapes(`${PREFIX}.cbt1.cam.fc.0.weight`) !== undefined;
    return { ...widths, predictorBottleneck: widths.embeddingDim / hidden, bottlenecks };
  },
  levels: 'measured',
  heads(pass, { encoder }, config) {
    const z = projector(pass, projectorOf(config), encoder.features);
    return {
      embeddings: { global: z },
      inside: { prediction: projector(pass, predictorOf(config), z) },
    };
  },
  loss(tape, { embeddings, inside }, weights, { stopGradient }) {
    const z = embeddings.global!;
    const cosines = { prediction: inside.prediction!, target: z, throughTarget: !stopGradient };
    return { global: [directionStatistics(z), cosineLoss(tape, cosines, weights.global!, ATTRS)] };
  },
};
