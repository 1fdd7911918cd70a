// What the decoder will need of the GPU, before anything is allocated: a step and a look at films are played as they are, network,
// loss and optimiser, on a device that counts sizes (gpu/sizes.ts), as the budget of a run is (plan/budget.ts).

import type { Config } from '../../config/schema.ts';
import { tf } from '../../gpu/kernel.ts';
import { kernelInWords } from '../../gpu/kernels/table.ts';
import { type AdapterKind, countSizes } from '../../gpu/sizes.ts';
import { type AdapterLimits, type Budget, bufferLimit } from '../../protocol/device.ts';
import { drawFrom } from '../../train/initialise.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import { formatBytes } from '../../util/format.ts';
import { LOOKED_AT_ONCE, Segmenter } from './segmenter.ts';

const FILMS = 'the films of a batch';

/** What an adapter must say of itself. */
export type MaskAdapter = Omit<AdapterKind, 'limits'> & { readonly limits: AdapterLimits };

export function planMasks(config: Config, { limits, ...kind }: MaskAdapter): Budget {
  // Limits of a device are no properties of its own: they cannot be spread.
  const adapter = { ...kind, limits: limits as AdapterLimits & Record<string, number> };
  return countSizes(adapter, (runtime, counts): Budget => {
    runtime.recording = FILMS;
    const { maskBatch: batch, imageSize, planeSize } = config;
    const segmenter = new Segmenter(config, runtime, { draw: drawFrom(config.seed) });
    const parameterBytes = counts.live;
    const sides = { widths: Uint16Array.of(planeSize), heights: Uint16Array.of(planeSize) };
    const renderer = new ViewRenderer(runtime, sides, { batchSize: Math.max(batch, LOOKED_AT_ONCE) });
    const images = (films: number) => {
      const planes = Array.from({ length: films }, () => new Uint8Array());
      return renderer.evaluation({ films: new Uint32Array(films), planes }, imageSize, false);
    };
    tf.dispose(segmenter.record(images(batch), new Float32Array(batch * imageSize ** 2)));
    tf.dispose(segmenter.look(images(LOOKED_AT_ONCE)));
    const { bytes, owner } = counts.largest;
    const name = kernelInWords(owner);
    const needed = {
      parameters: segmenter.parameters.spec.storages.reduce(
        (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      ),
      parameterBytes,
      activationBytes: counts.peak - parameterBytes,
      totalBytes: counts.peak,
      largestBufferBytes: bytes,
      largestBufferName: name,
    };
    segmenter.dispose();
    renderer.dispose();
    const most = bufferLimit(limits);
    if (bytes <= most) return { ...needed, fits: true };
    const reason = `${name} needs one buffer of ${formatBytes(bytes)} for the decoder, the adapter allows ${formatBytes(most)}; lower the decoder's batch size.`;
    return { ...needed, fits: false, reason };
  });
}
