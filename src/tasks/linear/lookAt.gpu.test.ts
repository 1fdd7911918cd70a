// The gradients behind Grad-CAM, held to finite differences of plain forward passes, and what is known of the maps: at level 5 Grad-CAM
// is the class map, gates are those of the level, and looking leaves neither tensors nor changes behind.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { PREFIX } from '../../methods/encoder/network.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { madeFilms, tinyConfig } from '../../train/testRun.ts';
import { Rng } from '../../util/rng.ts';
import type { FittedLayer } from '../evaluate.ts';
import { insideArea, meanInside } from '../scores/pointing.ts';
import { lookAt } from './lookAt.ts';
import { pointAtDrawn, spread } from './pointing.ts';

const dataset = madeFilms(8);
const config = tinyConfig({ imageSize: 64 });
const DIM = 8 * config.width;
const rng = new Rng(4, 'probe');
// More for than against, so that no map is empty.
const weight = Float64Array.from({ length: DIM }, () => 0.7 + rng.normal());
const fitted = (attended: boolean): FittedLayer => ({
  findings: ['first'],
  layer: { dim: DIM, classes: 1, weight, bias: Float64Array.of(0.25) },
  attended,
  norm: 'running',
});

let runtime: Runtime;
let run: Pretrainer;
beforeAll(async () => {
  ({ runtime } = await testDevice());
  run = new Pretrainer(config, dataset, runtime);
  // Running statistics that are those of no fresh network.
  for (let step = 0; step < 2; step++) await run.submitStep();
}, 120_000);
afterAll(() => run.dispose());

async function logitOf(images: Tensor): Promise<number> {
  const features = run.model.features(images, 'running', { bottlenecks: false });
  const values = await runtime.read(features, DIM * 4);
  features.dispose();
  return values.reduce((sum, value, j) => sum + weight[j]! * value, 0);
}

/** The norm after which a level's map is rectified: a step of its bias moves each place of a channel that is above 0 alike. */
const NORMS = {
  1: `${PREFIX}.encoder.1`,
  3: `${PREFIX}.encoder.5.1.bn2`,
  5: `${PREFIX}.encoder.7.1.bn2`,
} as const;

it.each([1, 3, 5] as const)('gradients at level %i are those of plain differences', async (level) => {
  const images = tf.tensor(
    Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.sin(i * 0.37) + 0.5 * Math.cos(i * 0.011)),
    [1, 64, 64, 3],
  );
  const direction = tf.tensor(Float32Array.from(weight), [1, DIM]);
  const { map, gradient } = run.model.levelGradient(images, direction, level, { bottlenecks: false });
  const [values, gradients] = await Promise.all(
    [map, gradient].map((tensor) => runtime.read(tensor, tensor.size * 4)),
  );
  const channels = map.shape.at(-1)!;
  const bias = run.model.parameters.get(`${NORMS[level]}.bias`);
  const before = Float32Array.from(await runtime.read(bias, channels * 4));
  const STEP = 1e-3;
  for (const channel of [0, channels - 1]) {
    const expected = values!.reduce(
      (sum, value, i) => sum + (i % channels === channel && value > 0 ? gradients![i]! : 0),
      0,
    );
    const moved = async (by: number) => {
      runtime.write(
        bias,
        before.map((value, c) => (c === channel ? value + by : value)),
      );
      return logitOf(images);
    };
    const difference = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
    runtime.write(bias, before);
    expect(Math.abs(difference - expected)).toBeLessThan(0.02 * Math.max(1, Math.abs(expected)));
  }
  tf.dispose([images, direction, map, gradient]);
});

it.each([true, false])('Grad-CAM at the last level is the class map, attended: %s', async (attended) => {
  const look = (kind: 'class' | 'grad', level: number) =>
    lookAt(run, dataset, 3, 'first', fitted(attended), { kind, level });
  const [exact, cam, below] = [await look('class', 5), await look('grad', 5), await look('grad', 2)];
  const most = Math.max(...exact.map);
  expect(most).toBeGreaterThan(0);
  expect(Math.max(...exact.map.map((value, i) => Math.abs(value - cam.map[i]!)))).toBeLessThan(1e-4 * most);
  expect(below.places).toEqual([16, 16]);
  expect(below.logit).toBe(exact.logit);
  expect(Math.min(...below.map)).toBeGreaterThanOrEqual(0);
});

it('gates are shares, and looking leaves nothing behind', async () => {
  const gate = () => lookAt(run, dataset, 1, 'first', fitted(true), { kind: 'gate', level: 3 });
  const grad = () => lookAt(run, dataset, 1, 'first', fitted(true), { kind: 'grad', level: 1 });
  const [first] = [await gate(), await grad()];
  expect(first!.places).toEqual([8, 8]);
  expect(Math.max(...first!.map)).toBeLessThanOrEqual(1);
  const tensors = tf.memory().numTensors;
  await gate();
  await grad();
  expect(tf.memory().numTensors).toBe(tensors);
});

it('class maps of both encoders are held against what is drawn on the test films, as film by film', async () => {
  const size = config.imageSize;
  // The upper half of even films and the whole of odd ones; nothing on the last.
  const area = (film: number) =>
    film === 7
      ? null
      : Uint8Array.from({ length: size * size }, (_, i) => Number(film % 2 || i < (size * size) / 2));
  const masks = {
    read: async (films: readonly number[]) => ({ inside: films.map(area), marked: [], failed: [] }),
  };
  const marked = {
    ...dataset,
    masks,
    marked: ['First'],
    splits: Uint8Array.of(0, 0, 2, 2, 2, 2, 2, 2),
    labels: new Uint8Array(16).fill(1),
  };
  const layers = { pretrained: fitted(true), random: fitted(true) };
  const asked = {
    run,
    dataset: marked,
    config,
    onProgress: () => undefined,
    yieldNow: async () => undefined,
  };
  const found = await pointAtDrawn(asked, layers);
  const each = [];
  for (const film of [2, 3, 4, 5, 6]) {
    const { map, peak } = await lookAt(run, marked, film, 'first', fitted(true));
    each.push(insideArea(map, size, peak, (_, y) => film % 2 === 1 || y < 0.5));
  }
  const { peak, energy, centre, area: share } = meanInside(each);
  expect(found).toMatchObject([{ finding: 'first', films: 5, centre, area: share, pretrained: { peak } }]);
  expect(found[0]!.pretrained.energy).toBeCloseTo(energy, 5);
  expect(found[0]!.random.energy).not.toBeCloseTo(energy, 5);
  expect(await pointAtDrawn({ ...asked, dataset }, layers)).toEqual([]);
  const many = Array.from({ length: 100 }, (_, film) => 3 * film);
  expect(spread(many)).toHaveLength(32);
  expect(new Set(spread(many)).size).toBe(32);
});
