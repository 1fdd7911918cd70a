// Torchvision's names against ours for the whole backbone, and what a file that is no such network is told.

import { describe, expect, it } from 'vitest';
import { sizeOf } from '../gpu/kernel.ts';
import { backbone } from '../methods/encoder/network.ts';
import { tinyConfig } from '../train/testRun.ts';
import { type StoredTensor, writeSafetensors } from '../util/safetensors.ts';
import { fromTorchvisionName, readStartWeights } from './startWeights.ts';
import { toTorchLayout } from './stateDict.ts';

/** Every name of torchvision's resnet18 but the counters, spelt out by its own rules. */
function torchvisionNames(): string[] {
  const norm = (name: string) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${name}.${part}`);
  const blocks = [1, 2, 3, 4].flatMap((layer) =>
    [0, 1].flatMap((block) => {
      const name = `layer${layer}.${block}`;
      const shortcut =
        layer > 1 && block === 0 ? [`${name}.downsample.0.weight`, ...norm(`${name}.downsample.1`)] : [];
      const convs = [1, 2].flatMap((i) => [`${name}.conv${i}.weight`, ...norm(`${name}.bn${i}`)]);
      return [...convs, ...shortcut];
    }),
  );
  return ['conv1.weight', ...norm('bn1'), ...blocks];
}

const CONFIG = tinyConfig();

/** A ResNet-18 of width 4 whose tensor number i is filled with i + 1. */
function network(): Map<string, StoredTensor<'F32'>> {
  const { storages, buffers } = backbone(CONFIG.width);
  const shapes = new Map<string, readonly number[]>([
    ...storages.flatMap(({ parameters }) => parameters.map(({ name, shape }) => [name, shape] as const)),
    ...buffers.map(({ name, shape }) => [name, shape] as const),
  ]);
  return new Map(
    torchvisionNames().map((name, i) => {
      const shape = shapes.get(fromTorchvisionName(name)!)!;
      const filled = { shape, data: new Float32Array(sizeOf(shape)).fill(i + 1) };
      return [name, { dtype: 'F32' as const, ...toTorchLayout(name, filled) }];
    }),
  );
}

const fileOf = (tensors: Map<string, StoredTensor<'F32' | 'I64'>>) => writeSafetensors(tensors);
const filled = (...shape: number[]): StoredTensor<'F32'> => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(sizeOf(shape)),
});

describe('weights under torchvision names', () => {
  it.each(['module.', 'backbone.', 'model.encoder.', 'resnet.'])(
    'are known with %s in front of all',
    async (front) => {
      const wrapped = new Map([...network()].map(([name, tensor]) => [front + name, tensor]));
      const [plain, found] = await Promise.all([
        readStartWeights(fileOf(network()), CONFIG),
        readStartWeights(fileOf(wrapped), CONFIG),
      ]);
      expect(found.parameters).toEqual(plain.parameters);
      expect(found.buffers).toEqual(plain.buffers);
    },
  );

  it('fill exactly the backbone', async () => {
    expect(torchvisionNames()).toHaveLength(100);
    const start = await readStartWeights(fileOf(network()), CONFIG);
    const { storages, buffers } = backbone(CONFIG.width);
    const parameters = storages.flatMap((storage) => storage.parameters.map(({ name }) => name));
    expect([...start.parameters.keys()].toSorted()).toEqual(parameters.toSorted());
    expect([...start.buffers.keys()].toSorted()).toEqual(buffers.map(({ name }) => name).toSorted());
    const at = torchvisionNames().indexOf('layer3.0.downsample.0.weight');
    const shortcut = start.parameters.get('encoder.encoder.6.0.downsample.0.weight')!;
    expect(shortcut.shape).toEqual([1, 1, 8, 16]);
    expect(new Set(shortcut.data)).toEqual(new Set([at + 1]));
  });

  it('leave out the classifier and the counters; the label tells files apart', async () => {
    const plain = await readStartWeights(fileOf(network()), CONFIG);
    const counter = { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) } as const;
    const whole = new Map<string, StoredTensor<'F32' | 'I64'>>([
      ...network(),
      ['fc.weight', filled(10, 32)],
      ['fc.bias', filled(10)],
      ['bn1.num_batches_tracked', counter],
    ]);
    const { label, ...rest } = await readStartWeights(fileOf(whole), CONFIG);
    expect(rest).toEqual({ parameters: plain.parameters, buffers: plain.buffers });
    expect(label).not.toBe(plain.label);
  });

  it.each([
    ['of another width', { width: 8 }, () => network(), /width 4.*width of this run is 8/],
    ['without a tensor', {}, () => without('layer2.1.bn1.bias'), /lacks .*5\.1\.bn1\.bias/],
    ['without a statistic', {}, () => without('bn1.running_var'), /lacks .*1\.running_var/],
    [
      'of a deeper network',
      {},
      () => network().set('layer3.5.conv1.weight', filled(16, 16, 3, 3)),
      /does not have/,
    ],
    [
      'of another family',
      {},
      () => network().set('layer1.0.conv3.weight', filled(16, 4, 1, 1)),
      /does not have/,
    ],
    ['with other parts', {}, () => network().set('head.weight', filled(2, 2)), /head\.weight/],
    ['that is none', {}, () => new Map([['weight', filled(3)]]), /no ResNet-18/],
  ] as const)('are refused %s', async (_, changes, make, reason) => {
    const reading = readStartWeights(fileOf(make()), { ...CONFIG, ...changes });
    await expect(reading).rejects.toMatchObject({
      code: 'weights-invalid',
      message: expect.stringMatching(reason),
    });
  });
});

function without(name: string) {
  const tensors = network();
  tensors.delete(name);
  return tensors;
}
