// On what kernels are timed: the shapes of the benchmark's model and of what methods and tasks bring, filled with generated data.
// Tensors are made once and kept. What is called on them is kernelCases.ts.

import { tf } from '../../src/gpu/backend.ts';
import { keepOnHost } from '../../src/gpu/forms.ts';
import { packHyper } from '../../src/gpu/kernels/optimiser/optimiser.ts';
import { type LevelPlace, levelPlaces, packLevelMatrices } from '../../src/gpu/kernels/pool/levelPool.ts';
import { KERNEL_TABLE } from '../../src/gpu/kernels/table.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  wholeFilm,
} from '../../src/gpu/kernels/views/viewInput.ts';
import { Rng } from '../../src/util/rng.ts';
import { CONFIG, SIDES, VIEWS, WIDTHS } from './problem.ts';

export type Tensor = tf.Tensor;

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
export function random(shape: readonly number[], scale = 1, offset = 0): Tensor {
  const rng = new Rng(CONFIG.seed, 'synthetic', ++stream);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, () => offset + scale * rng.normal());
  return tf.keep(tf.tensor(data, [...shape]));
}

export const kept = (tensors: readonly Tensor[]): Tensor[] => tensors.map((tensor) => tf.keep(tensor));

interface Convolution {
  readonly side: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
}

export const [W] = WIDTHS;
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

export function convolutions(make: Making, least = 0): KernelCall[] {
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
export function maps(make: (shape: number[]) => () => Tensor[], rows = false): KernelCall[] {
  const shapes = MAPS.map(([side, channels]) => [VIEWS, side, side, channels]);
  return [...shapes, ...(rows ? [[VIEWS, CONFIG.embeddingDim]] : [])].map((shape) => ({
    shape: shape.slice(1).join('x'),
    run: make(shape),
  }));
}

export const NORM = { groups: 2, relu: true, residual: true };
export const norm = (shape: readonly number[]) => {
  const channels = [shape.at(-1)!];
  const [gamma, beta, runningMean] = [random(channels, 0.3, 1), random(channels), random(channels)];
  const runningVar = random(channels, 0.1, 1);
  return { x: random(shape), gamma, beta, residual: random(shape), runningMean, runningVar };
};

export function attention([n, h, w, c]: readonly number[]) {
  const x = tf.keep(tf.relu(random([n!, h!, w!, c!])));
  return {
    x,
    w1: random([1, 1, c!, c! / 2], 0.3),
    w2: random([1, 1, c! / 2, c!], 0.3),
    ws: random([7, 7, 2, 1], 0.1),
  };
}

/** A call at the first and at the last level. */
export function levels(make: (place: LevelPlace, matrices: Tensor) => () => Tensor[]): KernelCall[] {
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
export const dense = () => {
  const [n, k, m] = ROWS;
  return { x: random([n, k]), w: random([k, m], 0.1), b: random([m]), dy: random([n, m]) };
};
export const rowsShape = ROWS.join(' x ');

/** As many parameters as the model has storages, in one arena. */
export function arena() {
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

export function films() {
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
export function places() {
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
export function labelled() {
  const [logits, drawn] = [1, 2].map(() => random([VIEWS, 14])) as [Tensor, Tensor];
  return { logits, targets: tf.keep(tf.cast(tf.greater(drawn, 0.5), 'float32')) };
}

/** Masks of a tenth of each film. */
export function masks() {
  const side = 2 * SIDES[0]!;
  const [logits, drawn] = [1, 2].map(() => random([VIEWS, side, side])) as [Tensor, Tensor];
  return { logits, truth: tf.keep(tf.cast(tf.greater(drawn, 1.3), 'float32')) };
}

export const placesShape = ({ shape }: Tensor) => shape.join(' x ');
