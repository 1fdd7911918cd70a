// The same step written plainly with stock TensorFlow.js operations, for its webgpu and its webgl backend. As in the
// published code, the two views pass the network one after the other. The level operator is applied in its short
// form, as one matrix product per level: the published resize would cost stock far more.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import { PREFIX } from '../../src/methods/encoder/network.ts';
import { globalProjector } from '../../src/methods/heads/projector.ts';
import { LEVEL_BIASES, LEVEL_WEIGHTS, localProjector } from '../../src/methods/mlvicx/network.ts';
import { CONFIG, type Engine, levelOperator, RATE, SIDES, startingWeights, viewImages } from './problem.ts';

type Get = (name: string) => tf.Tensor;

const conv = (get: Get, name: string, x: tf.Tensor4D, stride: number, pad: number) =>
  tf.conv2d(x, get(name) as tf.Tensor4D, stride, pad);

function norm<T extends tf.Tensor>(get: Get, name: string, x: T): T {
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const { mean, variance } = tf.moments(x, axes);
  const [beta, gamma] = [get(`${name}.bias`), get(`${name}.weight`)];
  return tf.batchNorm(
    x as tf.Tensor4D,
    mean as tf.Tensor1D,
    variance as tf.Tensor1D,
    beta as tf.Tensor1D,
    gamma as tf.Tensor1D,
    1e-5,
  ) as tf.Tensor as T;
}

/** Channel attention, then spatial attention. */
export function attend(x: tf.Tensor4D, w1: tf.Tensor4D, w2: tf.Tensor4D, ws: tf.Tensor4D): tf.Tensor4D {
  const [inputs, hidden] = [w1.shape[2], w1.shape[3]];
  const [first, second] = [tf.reshape(w1, [inputs, hidden]), tf.reshape(w2, [hidden, inputs])];
  const perceptron = (pooled: tf.Tensor) =>
    tf.matMul(tf.relu(tf.matMul(pooled as tf.Tensor2D, first)) as tf.Tensor2D, second);
  const gate = tf.sigmoid(tf.add(perceptron(tf.mean(x, [1, 2])), perceptron(tf.max(x, [1, 2]))));
  const y = tf.mul(x, tf.reshape(gate, [x.shape[0], 1, 1, inputs]));
  const pooled = tf.concat([tf.mean(y, 3, true), tf.max(y, 3, true)], 3) as tf.Tensor4D;
  return tf.mul(y, tf.sigmoid(tf.conv2d(pooled, ws, 1, 3)));
}

function bottleneck(get: Get, level: number, x: tf.Tensor4D): tf.Tensor4D {
  const name = `${PREFIX}.cbt${level}`;
  const weights = ['cam.fc.0', 'cam.fc.2', 'sam.conv1'].map((part) => get(`${name}.${part}.weight`));
  const [w1, w2, ws] = weights as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  return attend(x, w1, w2, ws);
}

function block(get: Get, name: string, x: tf.Tensor4D, stride: number): tf.Tensor4D {
  const first = tf.relu(norm(get, `${name}.bn1`, conv(get, `${name}.conv1.weight`, x, stride, 1)));
  const second = norm(get, `${name}.bn2`, conv(get, `${name}.conv2.weight`, first, 1, 1));
  const short =
    stride === 1
      ? x
      : norm(get, `${name}.downsample.1`, conv(get, `${name}.downsample.0.weight`, x, stride, 0));
  return tf.relu(tf.add(second, short));
}

function project(get: Get, head: 'global' | 'local', x: tf.Tensor2D): tf.Tensor2D {
  const layers = head === 'global' ? globalProjector(CONFIG) : localProjector(CONFIG);
  return layers.reduce((input, layer, i) => {
    const weight = get(`${layer.linear}.weight`) as tf.Tensor2D;
    const y = tf.add(tf.matMul(input, weight), get(`${layer.linear}.bias`)) as tf.Tensor2D;
    const normed = layer.norm ? norm(get, layer.norm, y) : y;
    return i < 2 ? tf.relu(normed) : normed;
  }, x);
}

/** Both embeddings of one view. `operators` are the level operators, [1, 16, side * side]. */
function embed(get: Get, operators: readonly tf.Tensor3D[], images: tf.Tensor4D): tf.Tensor2D[] {
  const stem = conv(get, `${PREFIX}.encoder.0.weight`, images, 2, 3);
  let map = tf.relu(norm(get, `${PREFIX}.encoder.1`, stem));
  const levels = [bottleneck(get, 1, map)];
  for (let level = 2; level <= 5; level++) {
    const below = levels[level - 2]!;
    const name = `${PREFIX}.encoder.${level + 2}`;
    const input = level === 2 ? tf.maxPool(below, 3, 2, 1) : below;
    map = block(get, `${name}.1`, block(get, `${name}.0`, input, level === 2 ? 1 : 2), 1);
    levels.push(bottleneck(get, level, map));
  }
  const n = images.shape[0];
  const z = project(get, 'global', tf.mean(levels[4]!, [1, 2]));
  const pooled = levels.map((a, level) =>
    tf.matMul(operators[level]!, tf.reshape(a, [n, a.shape[1] * a.shape[2], a.shape[3]])),
  );
  const rows = tf.reshape(tf.concat(pooled, 2), [n * 16, get(LEVEL_WEIGHTS).shape[0]!]) as tf.Tensor2D;
  const local = tf.add(tf.matMul(rows, get(LEVEL_WEIGHTS) as tf.Tensor2D), tf.sum(get(LEVEL_BIASES), 0));
  return [z, project(get, 'local', tf.reshape(local, [n, 16 * CONFIG.levelChannels]) as tf.Tensor2D)];
}

function spread(z: tf.Tensor2D): tf.Scalar {
  const [n, d] = z.shape;
  const centred = tf.sub(z, tf.mean(z, 0)) as tf.Tensor2D;
  const variance = tf.div(tf.sum(tf.square(centred), 0), n - 1);
  const hinge = tf.mean(tf.relu(tf.sub(1, tf.sqrt(tf.add(variance, 1e-4)))));
  const covariance = tf.div(tf.matMul(centred, centred, true, false), n - 1);
  const offDiagonal = tf.sub(tf.sum(tf.square(covariance)), tf.sum(tf.square(variance)));
  const { varianceWeight, covarianceWeight } = CONFIG;
  return tf.add(tf.mul(hinge, varianceWeight / 2), tf.mul(offDiagonal, covarianceWeight / d));
}

export const vicregLoss = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar => {
  const invariance = tf.mean(tf.squaredDifference(a, b));
  return tf.add(tf.mul(invariance, CONFIG.invarianceWeight), tf.add(spread(a), spread(b)));
};

/** Adam of TensorFlow.js after decoupled decay, which it lacks. */
function updater(variables: ReadonlyMap<string, tf.Variable>, decaying: readonly string[]) {
  const adam = tf.train.adam(RATE, 0.9, 0.999, 1e-8);
  return (gradients: tf.NamedTensorMap) => {
    for (const name of decaying) {
      const variable = variables.get(name)!;
      variable.assign(tf.mul(variable, 1 - RATE * CONFIG.weightDecay));
    }
    adam.applyGradients(Object.entries(gradients).map(([name, tensor]) => ({ name, tensor })));
  };
}

export async function openStock(backend: 'webgpu' | 'webgl'): Promise<Engine> {
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`);
  await tf.ready();
  const weights = startingWeights();
  const variables = new Map(
    weights.map(({ name, shape, data }) => [name, tf.variable(tf.tensor(data, [...shape]), true, name)]),
  );
  const get: Get = (name) => {
    const variable = variables.get(name);
    if (!variable) throw new Error(`there is no ${name}`);
    return variable;
  };
  const update = updater(
    variables,
    weights.filter(({ decays }) => decays).map(({ name }) => name),
  );
  const { shape, data } = viewImages(CONFIG);
  const views = tf.split(tf.tensor4d(data, shape), 2);
  const operators = SIDES.map((side) => tf.tensor3d(levelOperator(side), [1, 16, side * side]));
  const loss = () => {
    const [first, second] = views.map((view) => embed(get, operators, view as tf.Tensor4D));
    const [z, d] = [0, 1].map((head) => vicregLoss(first![head]!, second![head]!));
    return tf.add(z!, tf.mul(d!, CONFIG.localWeight)) as tf.Scalar;
  };
  return {
    adapter: '',
    async step() {
      const value = tf.tidy(() => {
        const made = tf.variableGrads(loss, [...variables.values()]);
        update(made.grads);
        return made.value;
      });
      const [number] = await value.data();
      value.dispose();
      return number!;
    },
  };
}
