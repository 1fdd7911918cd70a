// The ONNX model in onnxruntime-web (its WebAssembly, which runs in Node) against what the playground computes of the same films,
// in the plain loops of its kernels: features, maps and scores, for films of several sizes, larger ones among them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Checkpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts';
import { isBufferName, type NamedTensor } from '../checkpoint/stateDict.ts';
import { presetConfig } from '../config/presets.ts';
import { type Config, parseConfig } from '../config/schema.ts';
import { decodePngFile } from '../data/raster/raster.ts';
import { type Plane, shrink } from '../data/resize.ts';
import { tf } from '../gpu/backend.ts';
import { sizeOf } from '../gpu/kernel.ts';
import { packPlanes, packViewParameters, planeWords, wholeFilm } from '../gpu/kernels/views/viewInput.ts';
import { resizeEval } from '../gpu/kernels/views/views.ts';
import { encode } from '../methods/encoder/encode.ts';
import { networkOf } from '../methods/engines.ts';
import type { Pass } from '../nn/layers.ts';
import type { ScoreLayer } from '../protocol/engine.ts';
import { drawFrom } from '../train/initialise.ts';
import { Rng } from '../util/rng.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { encoderOnnx } from './encoderOnnx.ts';

interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
interface Session {
  readonly outputNames: readonly string[];
  run(feeds: Record<string, unknown>): Promise<Record<string, OrtTensor>>;
}
/** What is used of the package. */
interface Runtime {
  readonly env: { wasm: { numThreads: number } };
  readonly Tensor: new (kind: string, data: Uint8Array, dims: readonly number[]) => unknown;
  readonly InferenceSession: { create(model: Uint8Array): Promise<Session> };
}
const ort: Runtime = createRequire(import.meta.url)('onnxruntime-web');
ort.env.wasm.numThreads = 1;

const LEVELS = [1, 2, 3, 4, 5];
const NIH = '../shared/data/cxr-folder/nih-cxr14-1000/images';
const rng = new Rng(3, 'synthetic');

/** A film with structure at several scales. */
function film(width: number, height: number): Plane {
  const [across, down] = [rng.uniform(3, 20), rng.uniform(3, 20)];
  const bytes = Uint8Array.from({ length: width * height }, (_, i) => {
    const wave = Math.sin((i % width) / across) + Math.cos(Math.floor(i / width) / down);
    return Math.min(255, Math.max(0, 120 + 50 * wave + 20 * rng.normal()));
  });
  return { width, height, bytes };
}

const filmTensor = (...planes: readonly Plane[]) => {
  const { width, height } = planes[0]!;
  const bytes = Uint8Array.from(planes.flatMap((plane) => [...plane.bytes]));
  return new ort.Tensor('uint8', bytes, [planes.length, height, width]);
};

const configOf = (changes: Partial<Config>): Config =>
  parseConfig(
    {
      width: 4,
      projectorHidden: 16,
      embeddingDim: 16,
      localDim: 8,
      imageSize: 45,
      planeSize: 96,
      ...changes,
    },
    presetConfig('smoke'),
  );

/** Weights whose norms are far from trivial, as the kernels take them and as a checkpoint. */
function weightsOf(config: Config) {
  const { storages, buffers } = networkOf(config);
  const draw = drawFrom(5);
  const values = new Map<string, NamedTensor>();
  for (const spec of [...storages.flatMap(({ parameters }) => parameters), ...buffers]) {
    const { name, shape } = spec;
    const isScale = /(running_var|(bn\d|\.1)\.weight)$/.test(name);
    const data = isScale || /running_mean|bias$/.test(name) ? new Float32Array(sizeOf(shape)) : draw(spec);
    const drawn = isScale ? () => rng.uniform(0.5, 1.5) : () => rng.uniform(-0.3, 0.3);
    values.set(name, { shape, data: data.every((value) => value === 0) ? data.map(drawn) : data });
  }
  const state = (kept: (name: string) => boolean) => new Map([...values].filter(([name]) => kept(name)));
  const checkpoint: Checkpoint = {
    ...{ parameters: state((name) => !isBufferName(name)), buffers: state(isBufferName) },
    ...{ optimiserState: new Map(), config, step: 3, fingerprint: '', start: 'random' },
  };
  const parameters = {
    get(name: string) {
      const { data, shape } = values.get(name)!;
      return tf.tensor(data, [...shape]);
    },
  };
  return { parameters, tensors: readSafetensors(writeCheckpoint(checkpoint)).tensors };
}

/** What the playground makes of a film: features, and each level as PyTorch has it, [1, C, H, W]. */
async function ours(config: Config, pass: Pass, plane: Plane, bottlenecks: boolean) {
  const { width, height, bytes } = shrink(plane, config.planeSize);
  const words = new Int32Array(planeWords(width, height));
  const packed = packPlanes([bytes], [width], [height], words);
  const params = packViewParameters([{ film: packed.films[0]!, view: wholeFilm(width, height) }]);
  const inputs = { planes: tf.tensor1d(words, 'int32'), params: tf.tensor2d(params, [1, params.length]) };
  const attrs = { size: config.imageSize, maxSide: Math.max(width, height), normalise: true };
  const { features, levels } = encode(pass, resizeEval.one(inputs, attrs), { bottlenecks });
  const maps = await Promise.all(levels.map((map) => tf.transpose(map, [0, 3, 1, 2]).data()));
  return { features: await features.data(), levels: maps };
}

/** ||a - b|| / ||b|| */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, length] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    length += b[i]! ** 2;
  }
  return a.length === b.length ? Math.sqrt(difference / length) : Number.NaN;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('the encoder in ONNX', () => {
  it.each([
    ['mlvicx, which has context bottlenecks, a layer on attended features', 'mlvicx', true, 20],
    ['mlvicx, a layer on plain features', 'mlvicx', false, 3],
    ['simclr, a plain ResNet-18', 'simclr', true, 3],
  ] as const)('computes what the playground does: %s', async (_, method, attended, films) => {
    const config = configOf({ method });
    const { parameters, tensors } = weightsOf(config);
    const layer = {
      findings: ['effusion', 'mass'],
      weight: Float64Array.from({ length: 64 }, () => rng.normal()),
      bias: [0.25, -0.5],
      attended,
    } satisfies ScoreLayer;
    const model = encoderOnnx({ tensors, ...config }, layer, { step: '3' });
    const session = await ort.InferenceSession.create(model);
    expect(session.outputNames).toEqual(['features', ...LEVELS.map((l) => `level${l}`), 'logits', 'scores']);
    const pass: Pass = { parameters, tape: null, norm: 'running', groups: 1 };
    for (let i = 0; i < films; i++) {
      const plane = film(40 + ((i * 17) % 57), 96 - ((i * 29) % 61));
      const made = await session.run({ films: filmTensor(plane) });
      const wanted = await ours(config, pass, plane, method === 'mlvicx');
      expect(apart(made.features!.data, wanted.features)).toBeLessThan(1e-5);
      for (const level of LEVELS) {
        expect(apart(made[`level${level}`]!.data, wanted.levels[level - 1]!)).toBeLessThan(1e-5);
      }
      const plain = method === 'mlvicx' && !attended ? await ours(config, pass, plane, false) : wanted;
      for (const [k, bias] of layer.bias.entries()) {
        const products = Array.from(plain.features, (x, j) => x * layer.weight[k * 32 + j]!);
        const logit = products.reduce((sum, product) => sum + product, bias);
        expect(made.logits!.data[k]).toBeCloseTo(logit, 4);
        expect(made.scores!.data[k]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
      }
    }
  });

  it('takes several films at a time, and films larger than the stored size', async () => {
    const config = configOf({ method: 'simclr' });
    const { parameters, tensors } = weightsOf(config);
    const session = await ort.InferenceSession.create(encoderOnnx({ tensors, ...config }));
    const large = [film(301, 223), film(301, 223)];
    const made = await session.run({ films: filmTensor(...large) });
    expect(made.features!.dims).toEqual([2, 32]);
    const pass: Pass = { parameters, tape: null, norm: 'running', groups: 1 };
    for (const [i, plane] of large.entries()) {
      const wanted = await ours(config, pass, plane, false);
      // Shrinking rounds to grey levels, and sums in single precision may round to the other.
      expect(apart(made.features!.data.subarray(32 * i, 32 * i + 32), wanted.features)).toBeLessThan(1e-3);
    }
  });

  it.skipIf(!existsSync(NIH))(`computes what the playground does of 20 films of ${NIH}`, async () => {
    const config = configOf({ method: 'mlvicx', planeSize: 256 });
    const { parameters, tensors } = weightsOf(config);
    const session = await ort.InferenceSession.create(encoderOnnx({ tensors, ...config }));
    const pass: Pass = { parameters, tape: null, norm: 'running', groups: 1 };
    for (const name of readdirSync(NIH).sort().slice(0, 20)) {
      const { values, width, height } = await decodePngFile(
        new Uint8Array(readFileSync(path.join(NIH, name))),
      );
      const plane = { width, height, bytes: Uint8Array.from(values) };
      const made = await session.run({ films: filmTensor(plane) });
      const wanted = await ours(config, pass, plane, true);
      expect(apart(made.features!.data, wanted.features)).toBeLessThan(1e-5);
    }
  });

  it('is refused without a weight of the encoder', () => {
    const config = configOf({ method: 'simclr' });
    const { tensors } = weightsOf(config);
    tensors.delete('encoder.encoder.7.1.bn2.running_var');
    expect(() => encoderOnnx({ tensors, ...config })).toThrow(
      /lacks encoder\.encoder\.7\.1\.bn2\.running_var/,
    );
  });
});
