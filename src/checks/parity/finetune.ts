// Fine-tuning fixtures (e2e/parity/finetune.py): some steps on one batch from recorded weights, labels not known among them, at one
// rate or two, positives weighted or not; then the losses, all weights and statistics, and the logits in evaluation mode are held
// against plain PyTorch.

import { fromTorchLayout, isBufferName, type NamedTensor } from '../../checkpoint/stateDict.ts';
import { defaultConfig } from '../../config/schema.ts';
import { sizeOf } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { Tuner } from '../../tasks/finetune/tuner.ts';
import { drawFrom } from '../../train/initialise.ts';
import type { Fixture } from './fixtures.ts';
import { toNhwc, upload } from './layouts.ts';
import type { Rows } from './rows.ts';

interface FinetuneFixture {
  readonly config: {
    readonly width: number;
    readonly classes: number;
    readonly size: number;
    readonly rate: number;
    /** Of the layer, where it is another. */
    readonly layerRate?: number;
    readonly decay: number;
    /** How often a positive label of each class counts, where not once. */
    readonly positives?: readonly number[];
  };
  readonly losses: readonly number[];
}

/** The recorded state before or after the steps, in our layouts. */
export function stateOf(fixture: Fixture, prefix: string): Map<string, NamedTensor> {
  const names = [...fixture.tensors.keys()].filter((name) => name.startsWith(prefix));
  return new Map(
    names.map((whole) => {
      const name = whole.slice(prefix.length);
      return [name, fromTorchLayout(name, { shape: fixture.shape(whole), data: fixture.floats(whole) })];
    }),
  );
}

export async function checkFinetune(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const { config: given, losses } = fixture.describe<FinetuneFixture>('config', 'losses');
  const { width, classes, size, rate, layerRate = rate, decay } = given;
  const { positives = Array<number>(classes).fill(1) } = given;
  const config = {
    ...defaultConfig(),
    width,
    imageSize: size,
    tuneRate: rate,
    tuneLayerFactor: layerRate / rate,
    tuneDecay: decay,
  };
  const before = stateOf(fixture, 'before.');
  const [n, c, h, w] = fixture.shape('images') as [number, number, number, number];
  const values = toNhwc(fixture.floats('images'), [n, c, h, w]);
  const images = () => upload(values, [n, h, w, c]);
  const tuner = new Tuner(config, positives, runtime, {
    draw: drawFrom(1, 'init', before),
    buffers: before,
  });
  try {
    const found: number[] = [];
    for (const _ of losses) found.push(await tuner.step(images(), fixture.bytes('labels'), 1));
    rows.compare('tunedLoss', 'losses', found, losses);
    const now = await tuner.parameters.read();
    for (const [name, { shape, data }] of stateOf(fixture, 'after.')) {
      const own = now.get(name);
      if (!own || sizeOf(own.shape) !== sizeOf(shape)) rows.fail(name, 'the network has no such tensor');
      else rows.compare('tunedWeights', name, own.data, data, isBufferName(name) ? 'statistics' : 'weights');
    }
    rows.compare('tunedLogits', 'logits', await tuner.logits(images()), fixture.numbers('logits'));
  } finally {
    tuner.dispose();
  }
}
