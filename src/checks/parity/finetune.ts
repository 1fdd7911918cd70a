// Fine-tuning fixtures (e2e/parity/finetune.py): some steps on one batch from recorded weights, labels not known among them, at one
// rate or two, positives weighted or not; then the losses, all weights, moments and statistics, and the logits in evaluation mode
// are held against plain PyTorch.

import { defaultConfig } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { Tuner } from '../../tasks/finetune/tuner.ts';
import { drawFrom } from '../../train/initialise.ts';
import type { Fixture } from './fixtures.ts';
import { toNhwc, upload } from './layouts.ts';
import type { Rows } from './rows.ts';
import { compareLogits, compareState, stateOf } from './tuned.ts';

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
    await compareState(fixture, rows, tuner);
    compareLogits(fixture, rows, await tuner.logits(images()));
  } finally {
    tuner.dispose();
  }
}
