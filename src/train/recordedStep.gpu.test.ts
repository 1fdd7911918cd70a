// One whole step held to numbers from outside: plain PyTorch in double precision recorded the terms of the loss, every
// parameter's gradient and one update by LARS of a narrow model (e2e/parity/recorded.py, which says how to make the file
// again). Weights and images are made of a counter here as there; the file holds what came out.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromTorchLayout, isBufferName, type NamedTensor, toTorchLayout } from '../checkpoint/stateDict.ts';
import { toNhwc } from '../checks/parity/layouts.ts';
import { lossesOf } from '../checks/parity/modelPass.ts';
import { parametersOf } from '../checks/parity/modelSetup.ts';
import { checksum, norm } from '../checks/parity/rows.ts';
import { type Config, defaultConfig } from '../config/schema.ts';
import { sizeOf, tf } from '../gpu/kernel.ts';
import { testDevice } from '../gpu/testDevice.ts';
import { TrainingStep } from './trainingStep.ts';

/** Norm, and a sum in which order matters. */
type Figures = readonly [number, number];

interface Recorded {
  readonly shape: Readonly<
    Record<'width' | 'hidden' | 'out' | 'channels' | 'levelSize' | 'imageSize' | 'films', number>
  >;
  readonly hyper: Readonly<Record<'rate' | 'momentum' | 'weightDecay' | 'trustCoefficient', number>>;
  /** Shapes in PyTorch's layout; a tensor's place in the list is its stream. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Figures>>;
  readonly moved: Readonly<Record<string, Figures>>;
  readonly buffers: Readonly<Record<string, Figures>>;
}

const FILE = new URL('../../e2e/parity/recorded.json', import.meta.url);
const RECORDED = JSON.parse(readFileSync(FILE, 'utf8')) as Recorded;
const { shape: SHAPE, hyper: HYPER } = RECORDED;

/** As `uniform` of recorded.py: the finaliser of MurmurHash3. */
function uniform(stream: number, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    let x = (i + (stream << 20)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  });
}

function bounds(name: string, shape: readonly number[]): [number, number] {
  if (name.endsWith('running_var')) return [0.5, 1.5];
  if (shape.length === 1) return name.endsWith('weight') ? [0.6, 1.4] : [-0.2, 0.2];
  const bound = Math.sqrt(3 / sizeOf(shape.slice(1)));
  return [-bound, bound];
}

/** In PyTorch's layout. */
function drawn(stream: number, name: string, shape: readonly number[]): NamedTensor {
  const [least, most] = bounds(name, shape);
  return {
    shape,
    data: Float32Array.from(uniform(stream, sizeOf(shape)), (u) => least + (most - least) * u),
  };
}

/** Both views, [2N, S, S, 3]. */
function images(): tf.Tensor {
  const { films, imageSize: size } = SHAPE;
  const [first, other] = [1000, 1001].map((stream) =>
    uniform(stream, films * 3 * size * size).map((u) => 3 * u - 1.5),
  ) as [Float64Array, Float64Array];
  const second = first.map((value, i) => 0.8 * value + 0.4 * other[i]!);
  const views = [first, second].map((view) => toNhwc(Float32Array.from(view), [films, 3, size, size]));
  const both = new Float32Array(2 * first.length);
  for (const [i, view] of views.entries()) both.set(view, i * first.length);
  return tf.tensor(both, [2 * films, size, size, 3]);
}

const CONFIG: Config = {
  ...defaultConfig(),
  width: SHAPE.width,
  projectorHidden: SHAPE.hidden,
  embeddingDim: SHAPE.out,
  levelChannels: SHAPE.channels,
  levelSize: SHAPE.levelSize,
  imageSize: SHAPE.imageSize,
  batchSize: SHAPE.films,
  optimiser: 'lars',
  momentum: HYPER.momentum,
  weightDecay: HYPER.weightDecay,
  trustCoefficient: HYPER.trustCoefficient,
};

/** Our layout, from the list of the file. */
function startState() {
  const parameters = new Map<string, NamedTensor>();
  const buffers = new Map<string, NamedTensor>();
  const momentum = new Map<string, NamedTensor>();
  for (const [stream, [name, shape]] of Object.entries(RECORDED.tensors).entries()) {
    const tensor = fromTorchLayout(name, drawn(stream, name, shape));
    (isBufferName(name) ? buffers : parameters).set(name, tensor);
    if (isBufferName(name)) continue;
    const pushed = uniform(2000 + momentum.size, sizeOf(shape));
    const data = Float32Array.from(pushed, (u) => 1e-3 * (Math.fround(u) - 0.5));
    momentum.set(name, fromTorchLayout(name, { shape, data }));
  }
  return { parameters, buffers, optimiserState: new Map([['momentum', momentum]]) };
}

/** The worst of norm and sum, as shares of the norm. */
function apart(name: string, tensor: NamedTensor, [size, sum]: Figures): number {
  const { data } = toTorchLayout(name, tensor);
  return Math.max(Math.abs(norm(data) - size), Math.abs(checksum(data) - sum)) / size;
}

/** A bias that a batch norm follows has a gradient of zero but for rounding, and is moved by that rounding too. */
const isZero = (name: string) => RECORDED.gradients[name]![0] < 1e-9;

function worst(figures: Readonly<Record<string, Figures>>, found: ReadonlyMap<string, NamedTensor>): number {
  const errors = Object.entries(figures)
    .filter(([name]) => !isZero(name))
    .map(([name, wanted]) => apart(name, found.get(name)!, wanted));
  expect(errors.length).toBeGreaterThan(60);
  return Math.max(...errors);
}

test('terms, gradients, statistics and an update by LARS are those that PyTorch recorded', async () => {
  const { runtime, takeFaults } = await testDevice();
  const training = new TrainingStep(CONFIG, runtime);
  const start = startState();
  training.restore(start, 1);
  const reading = new Map<string, Promise<Float32Array>>();
  training.record(images(), HYPER.rate, {
    gradients(gradients) {
      for (const [name, tensor] of gradients) reading.set(name, runtime.read(tensor, tensor.size * 4));
    },
  });
  const losses = lossesOf(await training.read(), CONFIG, 0);
  for (const [name, value] of Object.entries(RECORDED.losses)) {
    expect(Math.abs(losses[name]! / value - 1), name).toBeLessThan(1e-4);
  }
  const values = new Map<string, Float32Array>();
  for (const [name, data] of reading) values.set(name, await data);
  const gradients = parametersOf(training.model.parameters.spec.storages, values);
  const after = await training.capture();
  const moved = new Map(
    [...after.parameters].map(([name, { shape, data }]) => {
      const from = start.parameters.get(name)!.data;
      return [name, { shape, data: data.map((value, i) => value - from[i]!) }] as const;
    }),
  );
  const errors = {
    gradients: worst(RECORDED.gradients, gradients),
    moved: worst(RECORDED.moved, moved),
    buffers: Math.max(
      ...Object.entries(RECORDED.buffers).map(([name, wanted]) =>
        apart(name, after.buffers.get(name)!, wanted),
      ),
    ),
  };
  process.stdout.write(`recorded step: ${JSON.stringify(errors)}\n`);
  expect(errors.gradients).toBeLessThan(5e-4);
  expect(errors.moved).toBeLessThan(5e-4);
  expect(errors.buffers).toBeLessThan(1e-4);
  training.dispose();
  runtime.trim();
  expect(takeFaults()).toEqual([]);
}, 120_000);
