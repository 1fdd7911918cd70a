// VICRegL as the engine trains it (arXiv 2210.01571, section 3): the global projector of VICReg on the features, a second one
// of three layers on every place of the last map, and VICReg on both, the local one on pairs of places of the two views.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { matchPlaces } from '../../gpu/kernels/places/matchPlaces.ts';
import { LOCATION_COLUMNS } from '../../gpu/kernels/places/matchPrograms.ts';
import { placeVicreg, placeVicregGrad } from '../../gpu/kernels/places/placeVicreg.ts';
import { reshape } from '../../nn/layers.ts';
import type { Tape } from '../../nn/tape.ts';
import { joined, levelShapes, PREFIX } from '../encoder/network.ts';
import { type MethodEngine, outputsIn } from '../engine.ts';
import { projector, projectorLayers, projectorNetwork } from '../heads/projector.ts';
import { vicregLoss } from '../heads/vicregLoss.ts';
import { vicregEngine } from '../vicreg/engine.ts';

const LOCAL = `${PREFIX}.maps_projector`;

const localLayers = ({ width, localDim }: { width: number; localDim: number }) =>
  projectorLayers(
    [1, 2, 3].map((i) => [`${LOCAL}.l${i}.0`, `${LOCAL}.l${i}.1`] as const),
    [8 * width, localDim, localDim, localDim],
    false,
  );

interface MatchSettings {
  readonly width: number;
  readonly imageSize: number;
  readonly matchesFrom1: number;
  readonly matchesFrom2: number;
}

/** Places of the map at which the settings count matches. */
const FULL_MAP = 49;

/** The last map, and how many pairs by location it gives: the share of its places that the settings have of 7 x 7. */
export function matchAttrs({ width: channels, imageSize, matchesFrom1, matchesFrom2 }: MatchSettings) {
  const [height, width] = levelShapes(channels, imageSize, imageSize)[4]!;
  const count = (matches: number) => Math.max(1, Math.round((matches * height * width) / FULL_MAP));
  return { height, width, first: count(matchesFrom1), second: count(matchesFrom2) };
}

/** `weights` [4] as of vicregLoss. The caller disposes the terms [8]. */
export function placeLoss(
  tape: Tape | null,
  z: Tensor,
  locations: Tensor,
  weights: Tensor,
  attrs: ReturnType<typeof matchAttrs>,
): Tensor {
  const matches = matchPlaces.one({ z, locations }, attrs);
  const { terms, centred, variances, grams } = placeVicreg.named({ z, matches }, attrs);
  if (tape) {
    const inputs = { z, matches, centred, variances, grams, weights };
    tape.accumulate(z, placeVicregGrad.one(inputs, attrs));
  }
  tf.dispose([matches, centred, variances, grams]);
  return terms;
}

export const vicreglEngine: MethodEngine = {
  ...vicregEngine,
  network: (config) => joined(vicregEngine.network(config), projectorNetwork(localLayers(config))),
  settingsIn(shapes) {
    const local = outputsIn(shapes, { localDim: `${LOCAL}.l3.0.weight` });
    const rest = vicregEngine.settingsIn(shapes);
    return 'missing' in local ? local : { ...rest, ...local };
  },
  facts: { kind: 'location', columns: () => LOCATION_COLUMNS },
  heads(pass, inputs, config) {
    const map = inputs.encoder.levels[4];
    const [views, height, width, channels] = map.shape as [number, number, number, number];
    const rows = reshape(pass, map, [views * height * width, channels]);
    const local = projector(pass, localLayers(config), rows);
    const { embeddings, inside } = vicregEngine.heads(pass, inputs, config);
    const places = reshape(pass, local, [views, height * width, config.localDim]);
    return { embeddings: { ...embeddings, local: places }, inside };
  },
  loss: (tape, { embeddings }, weights, config, facts) => ({
    global: [vicregLoss(tape, embeddings.global!, weights.global!)],
    local: [placeLoss(tape, embeddings.local!, facts!, weights.local!, matchAttrs(config))],
  }),
};
