// Decoder fixtures (e2e/parity/decoder.py): some steps on one batch of masks from recorded weights, the encoder frozen or trained;
// then the losses, all weights, moments and statistics, and the logits in evaluation mode are held against plain PyTorch.

import { defaultConfig } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { Segmenter } from '../../tasks/segmentation/segmenter.ts';
import { drawFrom } from '../../train/initialise.ts';
import type { Fixture } from './fixtures.ts';
import { toNhwc, upload } from './layouts.ts';
import type { Rows } from './rows.ts';
import { compareLogits, compareState, stateOf } from './tuned.ts';

interface DecoderFixture {
  readonly config: {
    readonly width: number;
    readonly size: number;
    readonly rate: number;
    readonly frozen: boolean;
  };
  readonly losses: readonly number[];
}

export async function checkDecoder(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const { config: given, losses } = fixture.describe<DecoderFixture>('config', 'losses');
  const { width, size, rate, frozen } = given;
  const maskEncoder = frozen ? ('frozen' as const) : ('tuned' as const);
  const config = { ...defaultConfig(), width, imageSize: size, maskRate: rate, maskEncoder };
  const before = stateOf(fixture, 'before.');
  const [n, c, h, w] = fixture.shape('images') as [number, number, number, number];
  const values = toNhwc(fixture.floats('images'), [n, c, h, w]);
  const images = () => upload(values, [n, h, w, c]);
  const truth = Float32Array.from(fixture.bytes('truth'));
  const start = { draw: drawFrom(1, 'init', before), buffers: before };
  const segmenter = new Segmenter(config, runtime, start);
  try {
    const found: number[] = [];
    for (const _ of losses) found.push(await segmenter.step(images(), truth));
    rows.compare('tunedLoss', 'losses', found, losses);
    await compareState(fixture, rows, segmenter);
    compareLogits(fixture, rows, await segmenter.logits(images()));
  } finally {
    segmenter.dispose();
  }
}
