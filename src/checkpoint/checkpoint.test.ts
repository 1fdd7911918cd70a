// Checkpoints against themselves, against a recorded PyTorch state dict, and against damage.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { inForce, keysInForce, parseConfig } from '../config/schema.ts';
import { networkOf } from '../methods/engines.ts';
import { METHOD_NAMES } from '../methods/records.ts';
import { hasParity, parityBytes, parityFixtures } from '../train/testParity.ts';
import { AppError } from '../util/errors.ts';
import { readSafetensors, writeSafetensors } from '../util/safetensors.ts';
import {
  type Checkpoint,
  readCheckpoint,
  requireTensors,
  withoutWrappers,
  writeCheckpoint,
} from './checkpoint.ts';
import { fromTorchLayout, type NamedTensor, toTorchLayout } from './stateDict.ts';

const LOCAL = 'encoder.resize_project.conv_head.projection.2.weight';
const counted = (...shape: number[]): NamedTensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => i) };
};

describe('layouts', () => {
  it('turns [kh, kw, in, out] into [out, in, kh, kw]', () => {
    const ours = counted(2, 3, 4, 5);
    const torch = toTorchLayout('conv.weight', ours);
    expect(torch.shape).toEqual([5, 4, 2, 3]);
    const [o, i, y, x] = [3, 2, 1, 2];
    expect(torch.data[((o * 4 + i) * 2 + y) * 3 + x]).toBe(ours.data[((y * 3 + x) * 4 + i) * 5 + o]);
  });
  it('turns the pooled input from position-major to channel-major', () => {
    const channels = 3;
    const ours = counted(16 * channels, 2);
    const torch = toTorchLayout(LOCAL, ours);
    expect(torch.shape).toEqual([2, 16 * channels]);
    const [out, c, position] = [1, 2, 7];
    expect(torch.data[out * 48 + c * 16 + position]).toBe(ours.data[(position * channels + c) * 2 + out]);
  });
  it.each([
    ['conv.weight', counted(7, 7, 3, 8)],
    ['linear.weight', counted(6, 4)],
    [LOCAL, counted(32, 5)],
    ['bias', counted(9)],
    ['scalar', counted()],
  ])('returns %s unchanged after both ways', (name, ours) => {
    expect(fromTorchLayout(name, toTorchLayout(name, ours))).toEqual(ours);
  });
  it('refuses shapes that no weight has', () => {
    expect(() => fromTorchLayout('x', counted(1, 2, 3))).toThrow(AppError);
    expect(() => fromTorchLayout(LOCAL, counted(2, 17))).toThrow(AppError);
  });
});

describe('checkpoints', () => {
  const checkpoint: Checkpoint = {
    parameters: new Map([
      ['encoder.encoder.0.weight', counted(7, 7, 3, 4)],
      [LOCAL, counted(32, 4)],
    ]),
    buffers: new Map([
      ['encoder.encoder.1.running_mean', counted(4)],
      ['encoder.encoder.1.num_batches_tracked', { shape: [], data: Float32Array.of(12) }],
    ]),
    optimiserState: new Map([['momentum', new Map([[LOCAL, counted(32, 4)]])]]),
    // Settings of other methods are not kept.
    config: parseConfig(inForce({ ...presetConfig('smoke'), seed: 9 })),
    step: 12,
    fingerprint: 'abc',
    start: 'random',
  };
  const file = writeCheckpoint(checkpoint);

  it('come back as they were', () => expect(readCheckpoint(file)).toEqual(checkpoint));
  it('say that they are of PyTorch, and open as well where they said their own name in that place', () => {
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata).toMatchObject({ format: 'pt', program: 'mlvicx-playground' });
    const { program, ...rest } = metadata;
    const older = { ...rest, format: program! };
    expect(readCheckpoint(writeSafetensors(tensors as never, older))).toEqual(checkpoint);
  });
  it.each(['module.', '_orig_mod.', 'model.', 'state_dict.', '_orig_mod.module.'])(
    'come back from names with %s in front',
    (front) => {
      const { tensors, metadata } = readSafetensors(file);
      const wrapped = new Map([...tensors].map(([name, tensor]) => [front + name, tensor as never]));
      expect(readCheckpoint(writeSafetensors(wrapped, metadata))).toEqual(checkpoint);
    },
  );
  it('store PyTorch names and types', () => {
    const { tensors } = readSafetensors(file);
    expect(tensors.get('encoder.encoder.0.weight')?.shape).toEqual([4, 3, 7, 7]);
    expect(tensors.get('encoder.encoder.1.num_batches_tracked')).toMatchObject({ dtype: 'I64', shape: [] });
    expect(tensors.has(`optimiser.momentum.${LOCAL}`)).toBe(true);
  });
  it.each([
    ['a broken configuration', { config: '{"width": "wide"}' }, 'width'],
    ['a configuration that is not JSON', { config: '{' }, 'JSON'],
    ['a step that is none', { step: '-1' }, 'step'],
    ['another version', { version: '99' }, 'version'],
    ['polluting settings', { config: '{"__proto__":{"polluted":1}}' }, '__proto__'],
    ['settings from the prototype', { config: '{"constructor":1}' }, 'constructor'],
    ['a configuration that is a list', { config: '[1]' }, 'called 0'],
    ['a step of text', { step: 'many' }, 'step'],
    ['a stranger without the model', { program: 'another' }, 'projetion'],
  ])('refuses %s', (_, changed, reason) => {
    const { tensors, metadata } = readSafetensors(file);
    const altered = writeSafetensors(tensors as never, { ...metadata, ...changed });
    expect(() => readCheckpoint(altered)).toThrow(reason);
    expect(() => readCheckpoint(altered)).toThrow(AppError);
  });
  it('refuses weights that are not finite', () => {
    const broken = { shape: [1], data: Float32Array.of(Number.NaN) };
    const altered = writeCheckpoint({ ...checkpoint, parameters: new Map([['a.bias', broken]]) });
    expect(() => readCheckpoint(altered)).toThrow('finite');
  });
  it('are whole or refused by name, whichever bytes of the header are changed or cut off', () => {
    const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(fc.nat(header - 1), fc.nat(255), fc.nat(file.length), (at, value, end) => {
        const altered = file.slice(0, Math.max(end, file.length - 64));
        altered[at] = value;
        try {
          expect(readCheckpoint(altered).parameters.size).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 500 },
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
  it.each(METHOD_NAMES)(
    'know a bare state dict of %s where it is the method chosen, its widths from the shapes',
    (method) => {
      const base = { ...presetConfig('smoke'), method };
      const given = { width: 8, projectorHidden: 24, embeddingDim: 40, localDim: 24, classifierOutputs: 5 };
      const kept = Object.entries(given).filter(([key]) => (keysInForce(base) as string[]).includes(key));
      const sizes = Object.fromEntries(kept);
      const parameters = networkOf({ ...base, ...sizes }).storages.flatMap((storage) =>
        storage.parameters.map(({ name, shape }) => [name, counted(...shape)] as const),
      );
      const bare = new Map(
        parameters.map(([name, tensor]) => [name, { dtype: 'F32' as const, ...toTorchLayout(name, tensor) }]),
      );
      expect(readCheckpoint(writeSafetensors(bare), base).config).toMatchObject({ method, ...sizes });
    },
  );
  it('know the length of a queue in a bare state dict, which has it as [D, K]', () => {
    const base = { ...presetConfig('smoke'), method: 'moco' } as const;
    const { storages, buffers } = networkOf({ ...base, queueLength: 48 });
    const tensors = [...storages.flatMap(({ parameters }) => parameters), ...buffers];
    const bare = new Map(
      tensors.map(({ name, shape }) => [
        name,
        { dtype: 'F32' as const, ...toTorchLayout(name, counted(...shape)) },
      ]),
    );
    expect(bare.get('queue')!.shape).toEqual([base.embeddingDim, 48]);
    const read = readCheckpoint(writeSafetensors(bare), base);
    expect(read.config).toMatchObject({ method: 'moco', queueLength: 48 });
    expect(read.buffers.get('queue')).toEqual(counted(48, base.embeddingDim));
    expect([...read.parameters.keys()].filter((name) => name.startsWith('target.')).length).toBeGreaterThan(
      60,
    );
  });
  it('says what a model misses', () => {
    const shapes = new Map([...checkpoint.parameters].map(([name, { shape }]) => [name, shape]));
    expect(() => requireTensors(checkpoint.parameters, shapes)).not.toThrow();
    expect(() => requireTensors(checkpoint.parameters, new Map([...shapes, ['x.bias', [3]]]))).toThrow(
      'lacks x.bias',
    );
    expect(() => requireTensors(checkpoint.parameters, new Map([[LOCAL, [32, 4]]]))).toThrow('does not have');
    expect(() => requireTensors(checkpoint.parameters, new Map([...shapes, [LOCAL, [16, 4]]]))).toThrow(
      'shape',
    );
  });
});

describe.skipIf(!hasParity)('a recorded state dict (skipped without ../shared/parity)', () => {
  it('gives our layouts and the right widths, and goes back to the same bytes', () => {
    const bytes = parityBytes('model-tiny-weights.safetensors');
    const read = readCheckpoint(bytes);
    const wanted = parityFixtures<{ name: string; parameters: string[] }>('model-tiny').find(
      ({ name }) => name === 'model-tiny-weights',
    )!;
    expect([...read.parameters.keys()].toSorted()).toEqual(wanted.parameters.toSorted());
    expect(read.config).toMatchObject({ width: 8, projectorHidden: 64, embeddingDim: 64, levelChannels: 64 });
    expect(read.parameters.get(LOCAL)?.shape).toEqual([1024, 64]);
    expect(read.parameters.get('encoder.cbt3.cam.fc.0.weight')?.shape).toEqual([1, 1, 16, 8]);
    expect(read.buffers.get('encoder.encoder.1.num_batches_tracked')?.data.length).toBe(1);
    const again = readSafetensors(writeCheckpoint(read)).tensors;
    expect(new Map([...again].toSorted())).toEqual(new Map([...readSafetensors(bytes).tensors].toSorted()));
  });
});

const NAMES = ['encoder.encoder.0.weight', 'encoder.encoder.1.running_mean', 'expander.layers.0.weight'];

describe('withoutWrappers', () => {
  it.each([
    '',
    'module.',
    '_orig_mod.',
    '_orig_mod.module.',
    'module._orig_mod.',
    'model.',
    'state_dict.',
    'state_dict.module.',
    'model.module._orig_mod.',
    'net.',
    'model_state_dict.',
  ])('takes off "%s"', (front) => expect(withoutWrappers(NAMES.map((name) => front + name))).toEqual(NAMES));
  it('takes off what wraps a part', () => {
    expect(
      withoutWrappers(['encoder._orig_mod.encoder.0.weight', 'expander.module.layers.0.weight']),
    ).toEqual([NAMES[0], NAMES[2]]);
  });
  it('leaves names that do not share it, and names that would meet', () => {
    const apart = ['model.a.weight', 'b.weight'];
    expect(withoutWrappers(apart)).toEqual(apart);
    const meeting = ['module.a.weight', 'a.weight'];
    expect(withoutWrappers(meeting)).toEqual(meeting);
    expect(withoutWrappers(['encoder.encoder.0.weight'])).toEqual(['encoder.encoder.0.weight']);
    expect(withoutWrappers(['module', 'model'])).toEqual(['module', 'model']);
    expect(withoutWrappers([])).toEqual([]);
  });
});
