// Every method's network as a whole, in the plain loops of its kernels on the processor: what it is made of, and that the
// gradients of a training pass are those of the weighted total, by a central difference along them.

import { beforeAll, describe, expect, it } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { type Config, parseConfig } from '../config/schema.ts';
import { tf } from '../gpu/backend.ts';
import { values } from '../gpu/kernels/parts/case.ts';
import { drawFrom } from '../train/initialise.ts';
import { readHeads } from '../train/sample.ts';
import { sampleFacts } from '../train/viewFacts.ts';
import { engineOf, networkOf } from './engines.ts';
import { Model } from './model.ts';
import { lossWeights, reportLength, weightedTotal } from './record/total.ts';
import { METHOD_NAMES, type MethodName } from './records.ts';

const SMALL = {
  width: 4,
  projectorHidden: 16,
  embeddingDim: 16,
  levelChannels: 8,
  levelSize: 8,
  localDim: 16,
  classifierOutputs: 3,
  batchSize: 4,
};
const configOf = (method: MethodName, changes: Partial<Config> = {}): Config =>
  parseConfig({ ...SMALL, method, ...changes }, presetConfig('smoke'));

/** One pass: the total of the loss, and the gradients by storage. */
async function pass(model: Model, images: tf.Tensor) {
  const { config, method } = model;
  const weights = Object.fromEntries(
    Object.entries(lossWeights(method, config)).map(([head, list]) => [head, tf.tensor1d(list)]),
  );
  const views = images.shape[0]!;
  const sample = sampleFacts(model.facts, views);
  const facts = sample && tf.tensor2d(sample, [views, model.facts!.columns]);
  const { report, pooled, gradients, target } = model.step(images.clone(), weights, {}, facts);
  facts?.dispose();
  target?.dispose();
  const vectors: number[] = [];
  for (const vector of report) vectors.push(...(await vector.data()));
  const read = new Map<string, Float32Array>();
  for (const [name, gradient] of gradients) read.set(name, (await gradient.data()) as Float32Array);
  tf.dispose([...Object.values(weights), ...report, pooled, ...gradients.values()]);
  expect(vectors.length).toBe(reportLength(method));
  const { total } = weightedTotal(method, config, readHeads(method, Float32Array.from(vectors)));
  return { total, gradients: read };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const FORMS: [string, MethodName, Partial<Config>][] = [
  ...METHOD_NAMES.map((name): [string, MethodName, Partial<Config>] => [name, name, {}]),
  ['vicreg with context bottlenecks', 'vicreg', { bottlenecks: true }],
  ['simsiam without its stop-gradient', 'simsiam', { stopGradient: false }],
];

describe.each(FORMS)('%s', (_, method, changes) => {
  const config = configOf(method, changes);

  it('tells its settings by the shapes of its parameters', () => {
    const { storages, buffers } = networkOf(config);
    const parameters = storages.flatMap((storage) => storage.parameters);
    const shapes = new Map([...parameters, ...buffers].map(({ name, shape }) => [name, shape]));
    const found = engineOf(config).settingsIn((name) => shapes.get(name));
    expect(config).toMatchObject(found);
    expect(shapes.size).toBe(parameters.length + buffers.length);
  });

  // Where a gradient is stopped, the loss has a slope that no gradient shows.
  it.skipIf(method === 'simsiam' && config.stopGradient)('goes down the total of its loss', async () => {
    const shape = [2 * config.batchSize, config.imageSize, config.imageSize, 3];
    const images = tf.tensor(values(shape, 7), shape);
    const model = new Model(config, drawFrom(config.seed));
    const { total, gradients } = await pass(model, images);
    expect(new Set(gradients.keys())).toEqual(model.trained());
    let slope = 0;
    for (const gradient of gradients.values()) for (const value of gradient) slope += value * value;
    // So far that the total changes by more than its rounding, and not so far that many ReLUs do.
    const length = (1e-5 * Math.max(1, (4 * Math.abs(total)) / Math.sqrt(slope))) / Math.sqrt(slope);
    const totals: number[] = [];
    for (const side of [1, -2]) {
      for (const [name, gradient] of gradients) {
        const storage = model.parameters.get(name);
        const moved = (await storage.data()).map((value, i) => value + side * length * gradient[i]!);
        storage.dataSync().set(moved as Float32Array);
      }
      totals.push((await pass(model, images)).total);
    }
    const difference = (totals[0]! - totals[1]!) / (2 * length);
    expect(difference / slope).toBeCloseTo(1, 1);
    images.dispose();
    model.dispose();
  });
});
