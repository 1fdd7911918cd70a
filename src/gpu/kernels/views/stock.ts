// Rendering of views as a composition of stock operations: bytes are taken out of their words on the host, the resize
// is a product with a matrix of weights along each axis, the blur a product with a banded matrix. Weights are whole
// numbers of 2^-22 as in viewPrograms.ts; their two halves are multiplied apart, so that sums stay exact.

import { type PlainData, type Tensor, tf } from '../../backend.ts';
import type { Stock, StockTools } from '../../forms.ts';
import { joined, ones, product, ramp, shaped } from '../parts/operations.ts';
import { MEAN, STD } from './viewFinishPrograms.ts';
import { PARAMETER_WORDS, SLOT } from './viewInput.ts';
import { type Filter, SUPPORT } from './viewPrograms.ts';
import { type RenderAttrs, VIEW_STAGES, type ViewAttrs } from './views.ts';

type Input = 'planes' | 'params';
type Slot = keyof typeof SLOT;

/** Pixels of whole films that are unpacked at a time. */
const PIXELS_AT_ONCE = 2 ** 23;

/** One value of every view, [V, 1, 1]. */
interface Values {
  readonly views: number;
  integer(slot: Slot): Tensor;
  real(slot: Slot): Tensor;
}

/** The values of views `first` and on, from the packed words. */
function valuesOf(words: PlainData, first: number, views: number): Values {
  const integers = new Int32Array(words.buffer, words.byteOffset, words.length);
  const reals = new Float32Array(words.buffer, words.byteOffset, words.length);
  const column = (from: PlainData, slot: Slot) =>
    tf.tensor(
      Float32Array.from({ length: views }, (_, view) => from[(first + view) * PARAMETER_WORDS + SLOT[slot]]!),
      [views, 1, 1],
    );
  return { views, integer: (slot) => column(integers, slot), real: (slot) => column(reals, slot) };
}

/** Films as four grey levels a word, [words, 4]: stock operations read a whole word as float32, which rounds it. */
function unpacked({ buffer, byteOffset, byteLength, length }: PlainData): Tensor {
  return tf.tensor(Float32Array.from(new Uint8Array(buffer, byteOffset, byteLength)), [length, 4]);
}

/** Films as [V, maxSide, 4 * quads]: rows from the top of the box, columns of the whole film; edges repeat beyond. */
function films(levels: Tensor, values: Values, maxSide: number): Tensor {
  const quads = Math.ceil(maxSide / 4);
  const stride = tf.ceil(tf.mul(values.integer('width'), 1 / 4));
  const down = tf.add(values.integer('top'), ramp(maxSide, 3, 1));
  const rows = tf.minimum(down, tf.sub(values.integer('height'), 1));
  const columns = tf.minimum(ramp(quads, 3, 2), tf.sub(stride, 1));
  const at = tf.add(tf.add(tf.mul(rows, stride), columns), values.integer('offset'));
  const inside = tf.clipByValue(at, 0, levels.shape[0]! - 1);
  const taken = tf.gather(levels, tf.cast(inside, 'int32'));
  return shaped(taken, values.views, maxSide, quads * 4);
}

/** The filter at a distance in units of its support's unit. */
function filterAt(filter: Filter, x: Tensor): Tensor {
  if (filter === 'triangle') return tf.maximum(tf.sub(1, x), 0);
  const near = tf.add(tf.mul(tf.mul(tf.sub(tf.mul(x, 1.5), 2.5), x), x), 1);
  const far = tf.mul(tf.sub(tf.mul(tf.add(tf.mul(tf.sub(x, 5), x), 8), x), 4), -0.5);
  return tf.where(tf.less(x, 1), near, tf.where(tf.less(x, 2), far, tf.zerosLike(x)));
}

/** Whole weights [V, size, places] of the resize of `n` places, which begin at place `from`, to `size`. */
function weights(filter: Filter, n: Tensor, from: Tensor, size: number, places: number): Tensor {
  const i = tf.sub(ramp(places, 3, 2), from);
  // Everything in units of 1 / (2 size) input pixels, so that bounds are compared exactly.
  const centre = tf.mul(tf.add(tf.mul(ramp(size, 3, 1), 2), 1), n);
  const wide = tf.maximum(n, size);
  const reach = tf.mul(wide, 2 * SUPPORT[filter]);
  const end = tf.mul(tf.add(i, 1), 2 * size);
  const taken = [
    tf.greater(end, tf.maximum(tf.add(tf.sub(centre, reach), size), 0)),
    tf.lessEqual(end, tf.add(tf.add(centre, reach), size)),
    tf.less(i, n),
  ].reduce((a, b) => tf.logicalAnd(a, b));
  const steps = tf.abs(tf.sub(tf.mul(tf.add(tf.mul(i, 2), 1), size), centre));
  const raw = tf.mul(filterAt(filter, tf.div(steps, tf.mul(wide, 2))), ones(taken));
  const share = tf.div(raw, tf.sum(raw, 2, true));
  return tf.mul(tf.sign(raw), tf.floor(tf.add(tf.mul(tf.abs(share), 2 ** 22), 0.5)));
}

/** clamp(round(sum of weights times bytes / 2^22)), with the sums of both halves of the weights. */
function resampled(along: Tensor, multiply: (half: Tensor) => Tensor): Tensor {
  const high = tf.floor(tf.mul(along, 2 ** -11));
  const low = tf.sub(along, tf.mul(high, 2 ** 11));
  const carried = tf.floor(tf.mul(tf.add(multiply(low), 2 ** 21), 2 ** -11));
  const level = tf.floor(tf.mul(tf.add(multiply(high), carried), 2 ** -11));
  return tf.clipByValue(level, 0, 255);
}

/** The box of every film resized to [V, size, size], in grey levels. */
function cropAndResize(levels: Tensor, values: Values, filter: Filter, { size, maxSide }: RenderAttrs) {
  const pixels = films(levels, values, maxSide);
  const side = (slot: Slot) => tf.maximum(values.integer(slot), 1);
  const none = tf.zeros([values.views, 1, 1]);
  const across = weights(filter, side('boxWidth'), values.integer('left'), size, pixels.shape[2]!);
  const cut = resampled(across, (half) => product(pixels, half, false, true));
  const down = weights(filter, side('boxHeight'), none, size, maxSide);
  return resampled(down, (half) => product(half, cut));
}

/** Weights of the triangle filter at places `first` + `step` of the film, none of them beyond it. */
function tapWeight(at: Tensor, first: Tensor, step: number, reach: Tensor, end: Tensor) {
  const place = tf.add(first, step);
  const inside = tf.logicalAnd(tf.greaterEqual(place, 0), tf.less(place, end));
  const distance = tf.abs(tf.sub(tf.add(place, 0.5), at));
  return { place, weight: tf.mul(tf.maximum(tf.sub(reach, distance), 0), ones(inside)) };
}

/** Crop, flip and rotation in one sampling of the film, tap by tap: [V, size, size] in grey levels. */
function turned(levels: Tensor, values: Values, { size, maxSide }: RenderAttrs, flips: boolean): Tensor {
  const [right, down] = [2, 1].map((axis) => tf.sub(ramp(size, 3, axis), (size - 1) / 2)) as [Tensor, Tensor];
  const [sine, cosine] = [values.real('sine'), tf.sub(1, values.real('versine'))];
  const straight = tf.sub(tf.mul(cosine, right), tf.mul(sine, down));
  const side = flips ? tf.sub(1, tf.mul(values.integer('flip'), 2)) : tf.scalar(1);
  const across = tf.add(tf.mul(straight, side), size / 2);
  const along = tf.add(tf.add(tf.mul(cosine, down), tf.mul(sine, right)), size / 2);
  const scaleX = tf.div(values.integer('boxWidth'), size);
  const scaleY = tf.div(values.integer('boxHeight'), size);
  const x = tf.add(tf.mul(across, scaleX), values.integer('left'));
  const y = tf.add(tf.mul(along, scaleY), values.integer('top'));
  const [width, height] = [values.integer('width'), values.integer('height')];
  const [reachX, reachY] = [tf.maximum(scaleX, 1), tf.maximum(scaleY, 1)];
  const firstX = tf.floor(tf.add(tf.sub(x, reachX), 0.5));
  const firstY = tf.floor(tf.add(tf.sub(y, reachY), 0.5));
  const stride = tf.ceil(tf.mul(width, 1 / 4));
  const taps = 2 * Math.ceil(Math.max(maxSide / size, 1)) + 1;
  const none = tf.zeros([values.views, size, size]);
  let [sum, total] = [none, none];
  for (let tap = 0; tap < taps * taps; tap++) {
    [sum, total] = tf.tidy(() => {
      const row = tapWeight(y, firstY, Math.floor(tap / taps), reachY, height);
      const column = tapWeight(x, firstX, tap % taps, reachX, width);
      const weight = tf.mul(row.weight, column.weight);
      const word = tf.floor(tf.mul(column.place, 1 / 4));
      const at = tf.add(tf.add(tf.mul(row.place, stride), word), values.integer('offset'));
      const four = tf.gather(levels, tf.cast(tf.clipByValue(at, 0, levels.shape[0]! - 1), 'int32'));
      const lane = tf.expandDims(tf.sub(column.place, tf.mul(word, 4)), 3);
      const level = tf.sum(tf.mul(four, ones(tf.equal(lane, ramp(4, 4, 3)))), 3);
      return [tf.add(sum, tf.mul(weight, level)), tf.add(total, weight)] as [Tensor, Tensor];
    });
  }
  const within = [tf.greaterEqual(x, 0), tf.greaterEqual(y, 0), tf.less(x, width), tf.less(y, height)];
  const level = tf.floor(tf.add(tf.div(sum, tf.maximum(total, 1e-6)), 0.5));
  return tf.mul(level, ones(within.reduce((a, b) => tf.logicalAnd(a, b))));
}

/** `image` where the flag is 0, `other` where it is 1. */
const chosen = (flag: Tensor, other: Tensor, image: Tensor): Tensor =>
  tf.add(tf.mul(other, flag), tf.mul(image, tf.sub(1, flag)));

const mirrored = (image: Tensor, values: Values) =>
  chosen(values.integer('flip'), tf.reverse(image, 2), image);

function jittered(image: Tensor, values: Values, size: number): Tensor {
  const cutOff = (x: Tensor) => tf.floor(tf.clipByValue(x, 0, 255));
  const bright = cutOff(tf.mul(image, values.real('brightnessBefore')));
  const total = tf.sum(tf.sum(bright, 2, true), 1, true);
  const mean = tf.floor(tf.add(tf.div(total, size * size), 0.5));
  const contrasted = cutOff(tf.add(mean, tf.mul(tf.sub(bright, mean), values.real('contrast'))));
  return cutOff(tf.mul(contrasted, values.real('brightnessAfter')));
}

/** Which place each tap at distance j meets, mirrored at the border: [radius + 1, size * size]. */
function tapPlaces(size: number, radius: number): Float32Array {
  const places = new Float32Array((radius + 1) * size * size);
  for (let o = 0; o < size; o++) {
    for (let tap = -radius; tap <= radius; tap++) {
      const i = Math.abs(o + tap);
      const at = i >= size ? 2 * (size - 1) - i : i;
      places[(Math.abs(tap) * size + o) * size + at]! += 1;
    }
  }
  return places;
}

function blurred(image: Tensor, values: Values, size: number, kernel: number): Tensor {
  const radius = (kernel - 1) / 2;
  // A deviation of nearly zero leaves the middle tap alone, which is no blur.
  const sigma = tf.maximum(shaped(values.real('sigma'), values.views, 1), 1e-3);
  const steps = tf.div(ramp(radius + 1, 2, 1), sigma);
  const raw = tf.exp(tf.mul(tf.square(steps), -0.5));
  const share = tf.div(raw, tf.sub(tf.mul(tf.sum(raw, 1, true), 2), 1));
  const places = tf.tensor2d(tapPlaces(size, radius), [radius + 1, size * size]);
  const matrix = shaped(product(share, places), values.views, size, size);
  return tf.round(product(product(matrix, image), matrix, false, true));
}

function solarised(image: Tensor, values: Values): Tensor {
  const bright = ones(tf.greaterEqual(image, 128));
  return chosen(tf.mul(bright, values.integer('solarise')), tf.sub(255, image), image);
}

function finished(image: Tensor, normalise: boolean): Tensor {
  const grey = tf.expandDims(image, 3);
  if (!normalise) return grey;
  const scale = tf.tensor1d(STD.map((std) => 1 / (255 * std)));
  const shift = tf.tensor1d(MEAN.map((mean, c) => mean / STD[c]!));
  return tf.sub(tf.mul(grey, scale), shift);
}

/** Some views at a time, so that whole films in float32 stay within bounds. */
function inParts(
  maxSide: number,
  { host }: StockTools<Input>,
  render: (levels: Tensor, values: Values) => Tensor,
): Tensor[] {
  const words = host('params');
  const views = words.length / PARAMETER_WORDS;
  const levels = unpacked(host('planes'));
  const most = Math.max(1, Math.floor(PIXELS_AT_ONCE / maxSide ** 2));
  const parts: Tensor[] = [];
  for (let first = 0; first < views; first += most) {
    parts.push(tf.tidy(() => render(levels, valuesOf(words, first, Math.min(most, views - first)))));
  }
  return [parts.length === 1 ? parts[0]! : joined(parts, 0)];
}

export const renderViews: Stock<Input, ViewAttrs> = {
  instead: 'tf.gather, tf.matMul with resampling and blur matrices, and arithmetic',
  run(_, attrs, tools) {
    const last = VIEW_STAGES.indexOf(attrs.stopAfter ?? 'solarise');
    return inParts(attrs.maxSide, tools, (levels, values) => {
      let image: Tensor;
      if (attrs.turned) image = turned(levels, values, attrs, last >= 1);
      else {
        image = cropAndResize(levels, values, 'bicubic', attrs);
        if (last >= 1) image = mirrored(image, values);
      }
      if (last >= 2) image = jittered(image, values, attrs.size);
      if (last >= 3) image = blurred(image, values, attrs.size, attrs.blurKernel);
      if (last >= 4) image = solarised(image, values);
      return finished(image, attrs.normalise);
    });
  },
};

export const resizeEval: Stock<Input, RenderAttrs> = {
  instead: 'tf.gather, tf.matMul with resampling matrices, and arithmetic',
  run: (_, attrs, tools) =>
    inParts(attrs.maxSide, tools, (levels, values) => {
      const image = cropAndResize(levels, values, 'triangle', attrs);
      return finished(mirrored(image, values), attrs.normalise);
    }),
};
