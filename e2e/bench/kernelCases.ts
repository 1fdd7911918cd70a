// What each kernel is timed at, one list for every kernel, on the inputs of kernelInputs.ts. The table does not compile until a new
// kernel has its line.

import { tf } from '../../src/gpu/backend.ts';
import { shape4 } from '../../src/gpu/kernel.ts';
import { KERNEL_TABLE, type KernelName } from '../../src/gpu/kernels/table.ts';
import { lossWeights } from '../../src/methods/record/total.ts';
import { methodOf } from '../../src/methods/records.ts';
import {
  arena,
  attention,
  convolutions,
  dense,
  films,
  type KernelCall,
  kept,
  labelled,
  levels,
  maps,
  masks,
  NORM,
  norm,
  places,
  placesShape,
  random,
  rowsShape,
  type Tensor,
  W,
} from './kernelInputs.ts';
import { CONFIG, VIEWS } from './problem.ts';

const K = KERNEL_TABLE;
/** Rows of a queue. */
const KEYS = 1024;
/** Three grey levels of 255, as the self-test allows, over the largest normalised value. */
const LEVELS = 0.03;
const one = (shape: string, run: () => Tensor[]): KernelCall[] => [{ shape, run }];

export const KERNEL_CALLS: { readonly [N in KernelName]: () => KernelCall[] } = {
  toHalf: () =>
    maps((shape) => {
      const x = random(shape);
      return () => K.toHalf({ x }, {});
    }),
  fromHalf: () =>
    maps((shape) => {
      const [packed] = kept(K.toHalf({ x: random(shape) }, {}));
      return () => K.fromHalf({ packed: packed! }, { shape });
    }),
  conv2d: () => convolutions((x, w, _, { stride, pad }) => K.conv2d({ x, w }, { stride, pad })),
  conv2dFilterGrad: () =>
    convolutions((x, _, dy, { stride, pad, kernel }) =>
      K.conv2dFilterGrad({ x, dy }, { stride, pad, kernel: [kernel, kernel] }),
    ),
  conv2dInputGrad: () =>
    convolutions(
      (_, w, dy, { stride, pad, side }) =>
        K.conv2dInputGrad({ dy, w }, { stride, pad, height: side, width: side }),
      3,
    ),
  batchNorm: () =>
    maps((shape) => {
      const inputs = norm(shape);
      return () => K.batchNorm(inputs, { ...NORM, eps: 1e-5, momentum: 0 });
    }, true),
  batchNormApply: () =>
    maps((shape) => {
      const { x, gamma, beta, residual } = norm(shape);
      const stats = random([2, 2, shape.at(-1)!], 0.1, 1);
      return () => K.batchNormApply({ x, stats, gamma, beta, residual }, { relu: true, residual: true });
    }),
  bottleneckApply: () =>
    maps((shape) => {
      const [n, h, w, c] = shape4(shape);
      const gates = { channelGate: random([n, c], 0.1, 0.5), spatialGate: random([n, h, w], 0.1, 0.5) };
      const x = random(shape);
      return () => K.bottleneckApply({ x, ...gates }, {});
    }),
  batchNormEval: () =>
    maps((shape) => {
      const inputs = norm(shape);
      return () => K.batchNormEval(inputs, { relu: true, residual: true, eps: 1e-5 });
    }),
  batchNormGrad: () =>
    maps((shape) => {
      const { x, gamma, ...rest } = norm(shape);
      const [y, stats] = kept(K.batchNorm({ x, gamma, ...rest }, { ...NORM, eps: 1e-5, momentum: 0 }));
      const dy = random(shape);
      return () => K.batchNormGrad({ x, y: y!, dy, gamma, stats: stats! }, NORM);
    }, true),
  maxPool: () => {
    const x = random([VIEWS, 32, 32, W]);
    return one(`32x32x${W}`, () => K.maxPool({ x }, { size: 3, stride: 2, pad: 1 }));
  },
  maxPoolGrad: () => {
    const [x, dy] = [random([VIEWS, 32, 32, W]), random([VIEWS, 16, 16, W])];
    return one(`32x32x${W}`, () => K.maxPoolGrad({ x, dy }, { size: 3, stride: 2, pad: 1 }));
  },
  bottleneck: () =>
    maps((shape) => {
      const inputs = attention(shape);
      return () => K.bottleneck(inputs, {});
    }),
  bottleneckGrad: () =>
    maps((shape) => {
      const inputs = attention(shape);
      const [, channelGate, spatialGate, pooled, hidden, spatial] = kept(K.bottleneck(inputs, {})) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const dout = random(shape);
      const saved = { channelGate, spatialGate, pooled, hidden, spatial };
      return () => K.bottleneckGrad({ ...inputs, dout, ...saved }, {});
    }),
  spatialMean: () => {
    const x = random([VIEWS, 4, 4, 8 * W]);
    return one(`4x4x${8 * W}`, () => K.spatialMean({ x }, {}));
  },
  spatialMeanGrad: () => {
    const dy = random([VIEWS, 8 * W]);
    return one(`4x4x${8 * W}`, () => K.spatialMeanGrad({ dy }, { height: 4, width: 4 }));
  },
  add: () =>
    maps((shape) => {
      const [a, b] = [random(shape), random(shape)];
      return () => K.add({ a, b }, {});
    }),
  relu: () => {
    const x = random([VIEWS, CONFIG.projectorHidden]);
    return one(`${VIEWS} x ${CONFIG.projectorHidden}`, () => K.relu({ x }, {}));
  },
  reluGrad: () => {
    const [y, dy] = [1, 2].map(() => random([VIEWS, CONFIG.projectorHidden])) as [Tensor, Tensor];
    return one(`${VIEWS} x ${CONFIG.projectorHidden}`, () => K.reluGrad({ y, dy }, {}));
  },
  levelPool: () =>
    levels((place, matrices) => {
      const a = random([VIEWS, place.height, place.width, place.channels]);
      const summary = random([VIEWS, 16, place.total]);
      return () => K.levelPool({ a, matrices, summary }, { place });
    }),
  levelPoolGrad: () =>
    levels((place, matrices) => {
      const prior = random([VIEWS, place.height, place.width, place.channels]);
      const dout = random([VIEWS, 16, place.total]);
      return () => K.levelPoolGrad({ prior, matrices, dout }, { place, onto: false });
    }),
  dense: () => {
    const { x, w, b } = dense();
    return one(rowsShape, () => K.dense({ x, w, b }, { bias: true }));
  },
  denseInputGrad: () => {
    const { dy, w } = dense();
    return one(rowsShape, () => K.denseInputGrad({ dy, w }, {}));
  },
  denseFilterGrad: () => {
    const { x, dy } = dense();
    return one(rowsShape, () => K.denseFilterGrad({ x, dy }, {}));
  },
  columnSums: () => {
    const { dy } = dense();
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.columnSums({ dy }, {}));
  },
  vicreg: () => {
    const z = random([VIEWS, CONFIG.embeddingDim]);
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.vicreg({ z }, {}));
  },
  vicregGrad: () => {
    const z = random([VIEWS, CONFIG.embeddingDim]);
    const [, centred, variances, moments] = kept(K.vicreg({ z }, {})) as [Tensor, Tensor, Tensor, Tensor];
    const weights = tf.keep(tf.tensor1d(lossWeights(methodOf(CONFIG), CONFIG).global!));
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () =>
      K.vicregGrad({ z, centred, variances, moments, weights }, {}),
    );
  },
  barlow: () => {
    const z = random([VIEWS, CONFIG.embeddingDim]);
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.barlow({ z }, {}));
  },
  barlowGrad: () => {
    const z = random([VIEWS, CONFIG.embeddingDim]);
    const made = kept(K.barlow({ z }, {})) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [, standardised, scales, diagonal, grams] = made;
    const weights = tf.keep(tf.tensor1d([1, 0.0051, 1]));
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () =>
      K.barlowGrad({ standardised, scales, diagonal, grams, weights }, {}),
    );
  },
  rowNormalise: () => {
    const x = random([VIEWS, CONFIG.embeddingDim]);
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.rowNormalise({ x }, {}));
  },
  rowNormaliseGrad: () => {
    const [x, dunit] = [1, 2].map(() => random([VIEWS, CONFIG.embeddingDim])) as [Tensor, Tensor];
    const [unit, norms] = kept(K.rowNormalise({ x }, {})) as [Tensor, Tensor];
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.rowNormaliseGrad({ dunit, unit, norms }, {}));
  },
  contrastive: () => {
    const [unit] = kept(K.rowNormalise({ x: random([VIEWS, CONFIG.embeddingDim]) }, {})) as [Tensor];
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.contrastive({ unit }, { temperature: 0.2 }));
  },
  contrastiveGrad: () => {
    const [unit] = kept(K.rowNormalise({ x: random([VIEWS, CONFIG.embeddingDim]) }, {})) as [Tensor];
    const [, probabilities] = kept(K.contrastive({ unit }, { temperature: 0.2 })) as [Tensor, Tensor];
    const weights = tf.keep(tf.tensor1d([1, 1]));
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () =>
      K.contrastiveGrad({ unit, probabilities, weights }, { temperature: 0.2 }),
    );
  },
  crossEntropy: () => {
    const { logits, targets } = labelled();
    return one(logits.shape.join(' x '), () => K.crossEntropy({ logits, targets }, {}));
  },
  crossEntropyGrad: () => {
    const { logits, targets } = labelled();
    const [terms] = kept(K.crossEntropy({ logits, targets }, {})) as [Tensor];
    const weights = tf.keep(tf.tensor1d([1, 1]));
    return one(logits.shape.join(' x '), () => K.crossEntropyGrad({ logits, targets, terms, weights }, {}));
  },
  upsample: () =>
    maps((shape) => {
      const [, height, width] = shape4(shape);
      const x = random(shape);
      return () => K.upsample({ x }, { height: 2 * height, width: 2 * width });
    }),
  upsampleGrad: () =>
    maps((shape) => {
      const dy = random(shape);
      return () => K.upsampleGrad({ dy }, {});
    }),
  concatChannels: () =>
    maps((shape) => {
      const [a, b] = [random(shape), random(shape)];
      return () => K.concatChannels({ a, b }, {});
    }),
  channelPart: () =>
    maps((shape) => {
      const x = random(shape);
      return () => K.channelPart({ x }, { from: 0, count: shape.at(-1)! / 2 });
    }),
  maskLoss: () => {
    const { logits, truth } = masks();
    return one(placesShape(logits), () => K.maskLoss({ logits, truth }, {}));
  },
  maskLossGrad: () => {
    const { logits, truth } = masks();
    const [, sums] = kept(K.maskLoss({ logits, truth }, {})) as [Tensor, Tensor];
    return one(placesShape(logits), () => K.maskLossGrad({ logits, truth, sums }, {}));
  },
  matchPlaces: () => {
    const { z, locations, attrs } = places();
    return one(placesShape(z), () => K.matchPlaces({ z, locations }, attrs));
  },
  placeVicreg: () => {
    const { z, matches, attrs } = places();
    return one(placesShape(z), () => K.placeVicreg({ z, matches }, attrs));
  },
  placeVicregGrad: () => {
    const { z, matches, attrs } = places();
    const made = kept(K.placeVicreg({ z, matches }, attrs)) as [Tensor, Tensor, Tensor, Tensor];
    const [, centred, variances, grams] = made;
    const weights = tf.keep(tf.tensor1d([25, 25, 0.5, 1]));
    return one(placesShape(z), () =>
      K.placeVicregGrad({ z, matches, centred, variances, grams, weights }, attrs),
    );
  },
  cosine: () => {
    const [prediction, target] = [1, 2].map(() => random([VIEWS, CONFIG.embeddingDim])) as [Tensor, Tensor];
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () =>
      K.cosine({ prediction, target }, { scale: 1, offset: 0 }),
    );
  },
  cosineGrad: () => {
    const [prediction, target] = [1, 2].map(() => random([VIEWS, CONFIG.embeddingDim])) as [Tensor, Tensor];
    const attrs = { scale: 1, offset: 0 };
    const [, cosines] = kept(K.cosine({ prediction, target }, attrs)) as [Tensor, Tensor];
    const weights = tf.keep(tf.tensor1d([1, 1]));
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () =>
      K.cosineGrad({ prediction, target, cosines, weights }, attrs),
    );
  },
  queueContrast: () => {
    const shape = [VIEWS, CONFIG.embeddingDim];
    const [query, key] = [1, 2].map(() => kept(K.rowNormalise({ x: random(shape) }, {}))[0]!) as [
      Tensor,
      Tensor,
    ];
    const cosines = random([VIEWS, KEYS], 0.3);
    return one(`${VIEWS} x ${CONFIG.embeddingDim}, ${KEYS} keys`, () =>
      K.queueContrast({ query, key, cosines }, { temperature: 0.2 }),
    );
  },
  queueContrastGrad: () => {
    const [pulled, key] = [1, 2].map(() => random([VIEWS, CONFIG.embeddingDim])) as [Tensor, Tensor];
    const inputs = { pulled, key, ofKey: random([VIEWS], 0.1, 0.5), weights: tf.keep(tf.tensor1d([1, 1])) };
    return one(`${VIEWS} x ${CONFIG.embeddingDim}`, () => K.queueContrastGrad(inputs, { temperature: 0.2 }));
  },
  enqueue: () => {
    const rows = random([VIEWS, CONFIG.embeddingDim]);
    const queue = random([KEYS, CONFIG.embeddingDim]);
    const place = tf.keep(tf.tensor1d([0]));
    return [
      {
        shape: `${VIEWS} x ${CONFIG.embeddingDim} into ${KEYS}`,
        run: () => K.enqueue({ queue, place, rows }, {}),
        mutated: [queue],
      },
    ];
  },
  larsUpdate: () => {
    const { moment2: _, ...inputs } = arena();
    return [
      {
        shape: `${inputs.parameters.size} numbers in 15`,
        run: () => K.larsUpdate(inputs, {}),
        mutated: [inputs.parameters, inputs.moment1],
      },
    ];
  },
  adamwUpdate: () => {
    const inputs = arena();
    return [
      {
        shape: `${inputs.parameters.size} numbers in 15`,
        run: () => K.adamwUpdate(inputs, {}),
        mutated: [inputs.parameters, inputs.moment1, inputs.moment2],
      },
    ];
  },
  movingAverage: () => {
    const { parameters: target, gradients: online } = arena();
    const share = tf.keep(tf.tensor1d([0.004]));
    return [
      {
        shape: `${target.size} numbers`,
        run: () => K.movingAverage({ target, online, share }, {}),
        mutated: [target],
      },
    ];
  },
  renderViews: () => {
    const { inputs, turnedParams, attrs } = films();
    const shape = `${VIEWS} views of ${attrs.size}`;
    const turns = { ...inputs, params: turnedParams };
    return [
      { shape, tolerance: LEVELS, run: () => K.renderViews(inputs, { ...attrs, blurKernel: 7 }) },
      {
        shape: `${shape}, turned`,
        tolerance: LEVELS,
        run: () => K.renderViews(turns, { ...attrs, blurKernel: 7, turned: true }),
      },
    ];
  },
  resizeEval: () => {
    const { inputs, attrs } = films();
    const shape = `${VIEWS} films to ${attrs.size}`;
    return [{ shape, tolerance: LEVELS, run: () => K.resizeEval(inputs, attrs) }];
  },
};
