// The same step for jax-js, jitted as one function from weights and moments to loss, weights and moments. NCHW, as its
// convolutions want it; both views pass together with batch statistics per view. Its arrays are counted by hand:
// every use consumes a reference, so what is used again is passed as `.ref`.

import {
  blockUntilReady,
  defaultDevice,
  init,
  type Array as Jax,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
} from '@jax-js/jax';
import { shape4 } from '../../src/gpu/kernel.ts';
import { PREFIX } from '../../src/methods/encoder/network.ts';
import { globalProjector } from '../../src/methods/heads/projector.ts';
import { LEVEL_BIASES, LEVEL_WEIGHTS, localProjector } from '../../src/methods/mlvicx/network.ts';
import {
  CONFIG,
  type Engine,
  levelOperator,
  RATE,
  SIDES,
  startingWeights,
  VIEWS,
  viewImages,
  WIDTHS,
} from './problem.ts';

type Weights = Record<string, Jax>;

const fourOf = (x: Jax) => shape4(x.shape);

function conv(w: Weights, name: string, x: Jax, stride: number, pad: number): Jax {
  const around: [number, number] = [pad, pad];
  return lax.convGeneralDilated(x, w[name]!.ref, [stride, stride], [around, around]);
}

/** Per view: [2N, C, ...] is seen as [2, N, C, rest]. */
function norm(w: Weights, name: string, x: Jax): Jax {
  const shape = [...x.shape];
  const channels = shape[1]!;
  const rest = shape.slice(2).reduce((a, b) => a * b, 1);
  const grouped = x.reshape([2, shape[0]! / 2, channels, rest]);
  const centred = grouped.ref.sub(np.mean(grouped, [1, 3], { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), [1, 3], { keepdims: true });
  const normed = centred.div(np.sqrt(variance.add(1e-5)));
  const along = (part: string) => w[`${name}.${part}`]!.ref.reshape([1, 1, channels, 1]);
  return normed.mul(along('weight')).add(along('bias')).reshape(shape);
}

function bottleneck(w: Weights, level: number, x: Jax): Jax {
  const name = `${PREFIX}.cbt${level}`;
  const [n, c] = fourOf(x);
  const half = w[`${name}.cam.fc.0.weight`]!.shape[0]!;
  // [out, in, 1, 1] as stored for convolutions.
  const first = () => np.transpose(w[`${name}.cam.fc.0.weight`]!.ref.reshape([half, c]));
  const second = () => np.transpose(w[`${name}.cam.fc.2.weight`]!.ref.reshape([c, half]));
  const perceptron = (pooled: Jax) => np.matmul(nn.relu(np.matmul(pooled, first())), second());
  const mean = perceptron(np.mean(x.ref, [2, 3]));
  const gate = nn.sigmoid(mean.add(perceptron(np.max(x.ref, [2, 3]))));
  const y = x.mul(gate.reshape([n, c, 1, 1]));
  const pooled = np.concatenate(
    [np.mean(y.ref, 1, { keepdims: true }), np.max(y.ref, 1, { keepdims: true })],
    1,
  );
  return y.mul(nn.sigmoid(conv(w, `${name}.sam.conv1.weight`, pooled, 1, 3)));
}

function block(w: Weights, name: string, x: Jax, stride: number): Jax {
  const first = nn.relu(norm(w, `${name}.bn1`, conv(w, `${name}.conv1.weight`, x.ref, stride, 1)));
  const second = norm(w, `${name}.bn2`, conv(w, `${name}.conv2.weight`, first, 1, 1));
  const short =
    stride === 1 ? x : norm(w, `${name}.downsample.1`, conv(w, `${name}.downsample.0.weight`, x, stride, 0));
  return nn.relu(second.add(short));
}

/** 3 x 3, stride 2. Zero stands in for minus infinity at the border: attended maps are nowhere negative. */
function maxPool(x: Jax): Jax {
  const padded = np.pad(x, [
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
  return lax.reduceWindow(padded, np.max, [3, 3], [2, 2]);
}

function project(w: Weights, head: 'global' | 'local', x: Jax): Jax {
  const layers = head === 'global' ? globalProjector(CONFIG) : localProjector(CONFIG);
  return layers.reduce((input, layer, i) => {
    const y = np.matmul(input, w[`${layer.linear}.weight`]!.ref).add(w[`${layer.linear}.bias`]!.ref);
    const normed = layer.norm ? norm(w, layer.norm, y) : y;
    return i < 2 ? nn.relu(normed) : normed;
  }, x);
}

function spread(z: Jax): Jax {
  const [n, d] = z.shape as [number, number];
  const centred = z.ref.sub(np.mean(z, 0, { keepdims: true }));
  const variance = np.sum(np.square(centred.ref), 0).div(n - 1);
  const hinge = np.mean(nn.relu(np.sqrt(variance.ref.add(1e-4)).mul(-1).add(1)));
  const covariance = np.matmul(np.transpose(centred.ref), centred).div(n - 1);
  const offDiagonal = np.sum(np.square(covariance)).sub(np.sum(np.square(variance)));
  return hinge.mul(CONFIG.varianceWeight / 2).add(offDiagonal.mul(CONFIG.covarianceWeight / d));
}

function vicregLoss(z: Jax): Jax {
  const [a, b] = np.split(z, 2, 0) as [Jax, Jax];
  const invariance = np.mean(np.square(a.ref.sub(b.ref)));
  return invariance.mul(CONFIG.invarianceWeight).add(spread(a)).add(spread(b));
}

function loss(w: Weights, images: Jax, operators: readonly Jax[]): Jax {
  const stem = conv(w, `${PREFIX}.encoder.0.weight`, images, 2, 3);
  let map = bottleneck(w, 1, nn.relu(norm(w, `${PREFIX}.encoder.1`, stem)));
  const levels = [map.ref];
  for (let level = 2; level <= 5; level++) {
    const name = `${PREFIX}.encoder.${level + 2}`;
    const input = level === 2 ? maxPool(map) : map;
    map = bottleneck(w, level, block(w, `${name}.1`, block(w, `${name}.0`, input, level === 2 ? 1 : 2), 1));
    levels.push(map.ref);
  }
  const z = project(w, 'global', np.mean(map, [2, 3]));
  const pooled = levels.map((a, level) => {
    const [n, c, h, width] = fourOf(a);
    return np.matmul(a.reshape([n * c, h * width]), operators[level]!.ref).reshape([n, c, 16]);
  });
  const channels = WIDTHS.reduce((a, b) => a + b, 0);
  const rows = np.transpose(np.concatenate(pooled, 1), [0, 2, 1]).reshape([VIEWS * 16, channels]);
  const local = np.matmul(rows, w[LEVEL_WEIGHTS]!.ref).add(np.sum(w[LEVEL_BIASES]!.ref, 0));
  const d = project(w, 'local', local.reshape([VIEWS, 16 * CONFIG.levelChannels]));
  return vicregLoss(z).add(vicregLoss(d).mul(CONFIG.localWeight));
}

/** Values moved so that axis i of the result is axis order[i] of the source. */
function permuted(data: Float32Array, shape: readonly number[], order: readonly number[]): Jax {
  const array = np.array(Float32Array.from(data)).reshape([...shape]);
  return np.transpose(array, [...order]);
}

/** AdamW on one tensor; `rates` holds the step's 1 / (1 - beta^t) corrections. */
function update(value: Jax, gradient: Jax, first: Jax, second: Jax, rates: Jax, decays: boolean): Jax[] {
  const moment = first.mul(0.9).add(gradient.ref.mul(0.1));
  const square = second.mul(0.999).add(np.square(gradient).mul(0.001));
  const [c1, c2] = np.split(rates, 2, 0) as [Jax, Jax];
  const scale = np.sqrt(square.ref.mul(c2.reshape([]))).add(1e-8);
  const decayed = value.mul(decays ? 1 - RATE * CONFIG.weightDecay : 1);
  return [decayed.sub(moment.ref.mul(c1.reshape([])).div(scale).mul(RATE)), moment, square];
}

/** The whole step as one function. */
function makeStep(names: readonly string[], decays: readonly boolean[], operators: readonly Jax[]) {
  return jit((values: Jax[], first: Jax[], second: Jax[], images: Jax, rates: Jax) => {
    const measured = (list: Jax[], seen: Jax) =>
      loss(Object.fromEntries(names.map((name, i) => [name, list[i]!])), seen, operators);
    const list = values.map((value) => value.ref);
    const [value, gradients] = valueAndGrad(measured)(list, images) as unknown as [Jax, Jax[]];
    const updated = values.map((each, i) =>
      update(each, gradients[i]!, first[i]!, second[i]!, rates.ref, decays[i]!),
    );
    return [value, ...[0, 1, 2].flatMap((part) => updated.map((triple) => triple[part]!))];
  });
}

export async function openJax(): Promise<Engine> {
  const ready = await init('webgpu');
  if (!ready.includes('webgpu')) throw new Error('jax-js has no WebGPU here');
  defaultDevice('webgpu');
  const weights = startingWeights();
  const names = weights.map(({ name }) => name);
  let values = weights.map(({ data, shape }) =>
    permuted(data, shape, shape.length === 4 ? [3, 2, 0, 1] : shape.map((_, axis) => axis)),
  );
  let first = weights.map(({ shape }, i) => np.zeros(values[i]!.shape ?? [...shape]));
  let second = values.map((value) => np.zeros(value.shape));
  const source = viewImages(CONFIG);
  const images = permuted(source.data, source.shape, [0, 3, 1, 2]);
  const operators = SIDES.map((side) => permuted(levelOperator(side), [16, side * side], [1, 0]));
  const run = makeStep(
    names,
    weights.map(({ decays }) => decays),
    operators,
  );
  let updates = 0;
  return {
    adapter: '',
    async step() {
      updates++;
      const rates = np.array([1 / (1 - 0.9 ** updates), 1 / (1 - 0.999 ** updates)]);
      const made = run(values, first, second, images.ref, rates) as unknown as Jax[];
      await blockUntilReady(made);
      const count = names.length;
      [values, first, second] = [0, 1, 2].map((part) =>
        made.slice(1 + part * count, 1 + (part + 1) * count),
      ) as [Jax[], Jax[], Jax[]];
      const [number] = await made[0]!.data();
      return Number(number);
    },
  };
}
