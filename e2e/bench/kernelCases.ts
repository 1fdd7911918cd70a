// What each kernel is timed at: shapes of the benchmark's model, on generated data, one list for every kernel. The table
// does not compile until a new kernel has its line. Tensors are made once and kept.

import { tf } from '../../src/gpu/backend.ts';
import { keepOnHost } from '../../src/gpu/forms.ts';
import { shape4 } from '../../src/gpu/kernel.ts';
import { packHyper } from '../../src/gpu/kernels/optimiser/optimiser.ts';
import { type LevelPlace, levelPlaces, packLevelMatrices } from '../../src/gpu/kernels/pool/levelPool.ts';
import { KERNEL_TABLE, type KernelName } from '../../src/gpu/kernels/table.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  wholeFilm,
} from '../../src/gpu/kernels/views/viewInput.ts';
import { lossWeights } from '../../src/methods/record/total.ts';
import { methodOf } from '../../src/methods/records.ts';
import { Rng } from '../../src/util/rng.ts';
import { CONFIG, SIDES, VIEWS, WIDTHS } from './problem.ts';

type Tensor = tf.Tensor;

/** One call of a kernel. */
export interface KernelCall {
  readonly shape: string;
  readonly run: () => Tensor[];
  /** Largest difference over the largest value that is agreement, where it is not that of most. */
  readonly tolerance?: number;
  /** Mutated inputs, compared as well where they are what the kernel makes. */
  readonly mutated?: readonly Tensor[];
}

let stream = 0;
function random(shape: readonly number[], scale = 1, offset = 0): Tensor {
  const rng = new Rng(CONFIG.seed, 'synthetic', ++stream);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, () => offset + scale * rng.normal());
  return tf.keep(tf.tensor(data, [...shape]));
}

const kept = (tensors: readonly Tensor[]): Tensor[] => tensors.map((tensor) => tf.keep(tensor));

interface Convolution {
  readonly side: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
}

const [W] = WIDTHS;
const CONVOLUTIONS: readonly Convolution[] = [
  { side: 64, inputs: 3, outputs: W, kernel: 7, stride: 2 },
  { side: 16, inputs: W, outputs: W, kernel: 3, stride: 1 },
  { side: 16, inputs: W, outputs: 2 * W, kernel: 3, stride: 2 },
  { side: 16, inputs: W, outputs: 2 * W, kernel: 1, stride: 2 },
  { side: 2, inputs: 8 * W, outputs: 8 * W, kernel: 3, stride: 1 },
  // Of `laptop` and `paper`: large enough to have fewer products by Winograd's transforms.
  { side: 14, inputs: 8 * W, outputs: 8 * W, kernel: 3, stride: 1 },
];

type Making = (x: Tensor, w: Tensor, dy: Tensor, convolution: Convolution & { pad: number }) => Tensor[];

function convolutions(make: Making, least = 0): KernelCall[] {
  // Nobody differentiates the image.
  return CONVOLUTIONS.filter(({ inputs }) => inputs > least).map((convolution) => {
    const { side, inputs, outputs, kernel, stride } = convolution;
    const x = random([VIEWS, side, side, inputs]);
    const w = random([kernel, kernel, inputs, outputs], 0.1);
    const dy = random([VIEWS, side / stride, side / stride, outputs]);
    const all = { ...convolution, pad: (kernel - 1) / 2 };
    const shape = `${side}x${side}x${inputs} -> ${outputs}, ${kernel}x${kernel} s${stride}`;
    return { shape, run: () => make(x, w, dy, all) };
  });
}

const MAPS = [
  [32, W],
  [4, 4 * W],
] as const;

/** A call at two maps of the encoder, and at the rows of a head where `rows`. */
function maps(make: (shape: number[]) => () => Tensor[], rows = false): KernelCall[] {
  const shapes = MAPS.map(([side, channels]) => [VIEWS, side, side, channels]);
  return [...shapes, ...(rows ? [[VIEWS, CONFIG.embeddingDim]] : [])].map((shape) => ({
    shape: shape.slice(1).join('x'),
    run: make(shape),
  }));
}

const NORM = { groups: 2, relu: true, residual: true };
const norm = (shape: readonly number[]) => {
  const channels = [shape.at(-1)!];
  const [gamma, beta, runningMean] = [random(channels, 0.3, 1), random(channels), random(channels)];
  const runningVar = random(channels, 0.1, 1);
  return { x: random(shape), gamma, beta, residual: random(shape), runningMean, runningVar };
};

function attention([n, h, w, c]: readonly number[]) {
  const x = tf.keep(tf.relu(random([n!, h!, w!, c!])));
  return {
    x,
    w1: random([1, 1, c!, c! / 2], 0.3),
    w2: random([1, 1, c! / 2, c!], 0.3),
    ws: random([7, 7, 2, 1], 0.1),
  };
}

/** A call at the first and at the last level. */
function levels(make: (place: LevelPlace, matrices: Tensor) => () => Tensor[]): KernelCall[] {
  const data = packLevelMatrices(
    CONFIG.levelSize,
    SIDES.map((side) => [side, side] as const),
  );
  const matrices = tf.keep(tf.tensor1d(data));
  const places = levelPlaces(SIDES.map((side, level) => [side, side, WIDTHS[level]!] as const));
  return [places[0]!, places.at(-1)!].map((place) => ({
    shape: `${place.height}x${place.width}x${place.channels}`,
    run: make(place, matrices),
  }));
}

const ROWS = [VIEWS, 16 * CONFIG.levelChannels, CONFIG.embeddingDim] as const;
const dense = () => {
  const [n, k, m] = ROWS;
  return { x: random([n, k]), w: random([k, m], 0.1), b: random([m]), dy: random([n, m]) };
};
const rowsShape = ROWS.join(' x ');

/** As many parameters as the model has storages, in one arena. */
function arena() {
  const sizes = [64, 9 * W * W, 36 * W * W, 64 * W, 9 * 64 * W * W].flatMap((size) => [size, size, size]);
  let at = 0;
  const rows = sizes.flatMap((size, i) => {
    at += size;
    return [at - size, size, i % 3 === 0 ? 0 : 1, 0];
  });
  const table = Int32Array.from(rows);
  const segments = tf.keep(tf.tensor2d(table, [sizes.length, 4], 'int32'));
  keepOnHost(segments, table);
  const hyper = packHyper({
    rate: 0.01,
    weightDecay: 0.01,
    momentum: 0.9,
    trustCoefficient: 0.02,
    updates: 3,
    clip: 0,
  });
  return {
    parameters: random([at]),
    gradients: random([at]),
    moment1: random([at]),
    moment2: tf.keep(tf.square(random([at]))),
    segments,
    hyper: tf.keep(tf.tensor1d(hyper)),
  };
}

function films() {
  const [width, height] = [CONFIG.planeSize, CONFIG.planeSize];
  const rng = new Rng(CONFIG.seed, 'synthetic', 999);
  const plane = Uint8Array.from(
    { length: width * height },
    (_, i) => 110 + 60 * Math.sin(i / 40) + 40 * rng.uniform(),
  );
  const packed = packPlanes([plane], [width], [height]);
  const box = { top: 4, left: 9, width: width - 20, height: height - 30 };
  const jitter = [{ op: 'contrast', factor: 1.2 }] as const;
  const view = { box, flip: true, jitter, sigma: 0.8, solarise: false };
  const rows = Array.from({ length: VIEWS }, (_, i) => ({
    film: packed.films[0]!,
    view: i % 2 === 0 ? view : wholeFilm(width, height),
  }));
  const planes = tf.keep(tf.tensor1d(packed.words, 'int32'));
  keepOnHost(planes, packed.words);
  const [params, turnedParams] = [0, 10].map((rotation) => {
    const values = packViewParameters(
      rows.map(({ film, view: still }) => ({ film, view: { ...still, rotation } })),
    );
    const made = tf.keep(tf.tensor2d(values, [VIEWS, PARAMETER_WORDS]));
    keepOnHost(made, values);
    return made;
  }) as [Tensor, Tensor];
  return {
    inputs: { planes, params },
    turnedParams,
    attrs: { size: CONFIG.imageSize, maxSide: width, normalise: true },
  };
}

/** The last map of the run that is timed, as the local projector leaves it. */
function places() {
  const side = Math.ceil(CONFIG.imageSize / 32);
  const z = random([VIEWS, side * side, 128]);
  const locations = random([VIEWS, 6]);
  const [first, second] = [20, 4].map((count) => Math.max(1, Math.round((count * side * side) / 49))) as [
    number,
    number,
  ];
  const attrs = { height: side, width: side, first, second };
  const [matches] = kept(KERNEL_TABLE.matchPlaces({ z, locations }, attrs)) as [Tensor];
  return { z, locations, matches, attrs };
}
/** As many findings as NIH names, every one of them known. */
function labelled() {
  const [logits, drawn] = [1, 2].map(() => random([VIEWS, 14])) as [Tensor, Tensor];
  return { logits, targets: tf.keep(tf.cast(tf.greater(drawn, 0.5), 'float32')) };
}

/** Masks of a tenth of each film. */
function masks() {
  const side = 2 * SIDES[0]!;
  const [logits, drawn] = [1, 2].map(() => random([VIEWS, side, side])) as [Tensor, Tensor];
  return { logits, truth: tf.keep(tf.cast(tf.greater(drawn, 1.3), 'float32')) };
}

const placesShape = ({ shape }: Tensor) => shape.join(' x ');

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
