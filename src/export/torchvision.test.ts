// The encoder under torchvision's names: all of it, as it lies in the checkpoint, back in as start weights, and refused where context
// bottlenecks are; with a python3 that has torchvision, loaded there.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../checkpoint/checkpoint.ts';
import { readStartWeights } from '../checkpoint/startWeights.ts';
import { isBufferName, type NamedTensor } from '../checkpoint/stateDict.ts';
import { presetConfig } from '../config/presets.ts';
import { type Config, parseConfig } from '../config/schema.ts';
import { sizeOf } from '../gpu/kernel.ts';
import { networkOf } from '../methods/engines.ts';
import { METHOD_NAMES } from '../methods/records.ts';
import { drawFrom } from '../train/initialise.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { torchvisionFile, whyNotPlain } from './torchvision.ts';

function checkpointOf(changes: Partial<Config>): Uint8Array<ArrayBuffer> {
  const config = parseConfig(
    { width: 4, projectorHidden: 16, embeddingDim: 16, ...changes },
    presetConfig('smoke'),
  );
  const { storages, buffers } = networkOf(config);
  const draw = drawFrom(1);
  const specs = [...storages.flatMap(({ parameters }) => parameters), ...buffers];
  const values = new Map(
    specs.map((spec): [string, NamedTensor] => [spec.name, { shape: spec.shape, data: draw(spec) }]),
  );
  for (const { name } of buffers.filter(({ name: one }) => one.endsWith('.running_mean'))) {
    values.set(name.replace('running_mean', 'num_batches_tracked'), { shape: [], data: Float32Array.of(8) });
  }
  return writeCheckpoint({
    parameters: new Map([...values].filter(([name]) => !isBufferName(name))),
    buffers: new Map([...values].filter(([name]) => isBufferName(name))),
    optimiserState: new Map([['momentum', new Map([...values].filter(([name]) => !isBufferName(name)))]]),
    ...{ config, step: 4, fingerprint: '', start: 'random' },
  });
}

describe('the encoder under torchvision names', () => {
  it('is the backbone alone, and begins a run as it ended one', async () => {
    const checkpoint = checkpointOf({ method: 'vicreg' });
    const file = torchvisionFile(checkpoint, { card: 'words' });
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata).toEqual({ format: 'pt', architecture: 'resnet18', width: '4', card: 'words' });
    expect(tensors.size).toBe(120);
    expect(tensors.get('layer2.0.downsample.0.weight')!.shape).toEqual([8, 4, 1, 1]);
    expect(tensors.get('bn1.num_batches_tracked')).toMatchObject({ dtype: 'I64', shape: [] });
    const start = await readStartWeights(file, { width: 4 });
    const whole = readSafetensors(checkpoint).tensors;
    const name = 'encoder.encoder.5.0.bn1.weight';
    expect(start.parameters.get(name)!.data).toEqual(whole.get(name)!.data);
    expect(sizeOf(start.parameters.get('encoder.encoder.0.weight')!.shape)).toBe(7 * 7 * 3 * 4);
  });

  it('is refused where there are context bottlenecks, and offered for methods without', () => {
    expect(() => torchvisionFile(checkpointOf({ method: 'mlvicx' }))).toThrow(/context bottlenecks/);
    expect(() => torchvisionFile(checkpointOf({ method: 'simclr', bottlenecks: true }))).toThrow(
      /bottlenecks/,
    );
    const plain = METHOD_NAMES.filter((method) => whyNotPlain(presetOf(method)) === null);
    expect(plain).toEqual(METHOD_NAMES.filter((method) => method !== 'mlvicx'));
  });
});

const presetOf = (method: (typeof METHOD_NAMES)[number]) => ({ ...presetConfig('smoke'), method });

const found = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import torchvision']).status === 0,
);
const title = found ? `with ${found}` : 'skipped: no python3 with torchvision was found';

it.skipIf(!found)(`loads into torchvision's resnet18, ${title}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'torchvision-'));
  writeFileSync(
    path.join(folder, 'e.safetensors'),
    torchvisionFile(checkpointOf({ method: 'vicreg', width: 64 })),
  );
  const program = `
import sys; sys.path.insert(0, ${JSON.stringify(path.join(import.meta.dirname, '../../e2e/torch'))})
import tensorfile, torch, torchvision
tensors, metadata = tensorfile.read("e.safetensors")
model = torchvision.models.resnet18()
missing = model.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
assert metadata["format"] == "pt"
print(missing.missing_keys, missing.unexpected_keys)`;
  const { stdout, stderr } = spawnSync(found!, ['-c', program], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  rmSync(folder, { recursive: true });
  expect(`${stdout}${stderr}`.trim()).toBe("['fc.weight', 'fc.bias'] []");
});
