// What an evaluation that trains will need of the GPU, before anything is allocated: a step and a look at films are played as they
// are, network, loss and optimiser, on a device that counts sizes (gpu/sizes.ts), as the budget of a run is (plan/budget.ts).

import type { Config } from '../config/schema.ts';
import { sizeOf, type Tensor, tf } from '../gpu/kernel.ts';
import { kernelInWords } from '../gpu/kernels/table.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { type AdapterKind, countSizes } from '../gpu/sizes.ts';
import type { Parameters } from '../nn/parameters.ts';
import { type AdapterLimits, type Budget, bufferLimit } from '../protocol/device.ts';
import { ViewRenderer } from '../train/viewRenderer.ts';
import { formatBytes } from '../util/format.ts';

/** What an adapter must say of itself. */
export type TrainingAdapter = Omit<AdapterKind, 'limits'> & { readonly limits: AdapterLimits };

interface Trainer {
  readonly parameters: Parameters;
  /** Logits of images [N, S, S, 3], which are freed. */
  look(images: Tensor): Tensor;
  dispose(): void;
}

export interface Training<T extends Trainer> {
  /** Films of a step, and those that are looked at at once. */
  readonly films: { readonly step: number; readonly look: number };
  begin(runtime: Runtime): T;
  /** The images of a step. */
  images(renderer: ViewRenderer, films: ReturnType<typeof blankFilms>): Tensor;
  /** Records one step and frees the images. */
  record(trainer: T, images: Tensor): Tensor;
  /** What is trained, and what to lower where it does not fit. */
  readonly words: { readonly what: string; readonly lower: string };
}

const FILMS = 'the films of a batch';

/** Films whose pixels are not there: nobody reads them. */
const blankFilms = (count: number) => ({
  films: new Uint32Array(count),
  planes: Array.from({ length: count }, () => new Uint8Array()),
});

export function planTraining<T extends Trainer>(
  { imageSize, planeSize }: Config,
  { limits, ...kind }: TrainingAdapter,
  { films, words, ...training }: Training<T>,
): Budget {
  // Limits of a device are no properties of its own: they cannot be spread.
  const adapter = { ...kind, limits: limits as AdapterLimits & Record<string, number> };
  return countSizes(adapter, (runtime, counts): Budget => {
    runtime.recording = FILMS;
    const trainer = training.begin(runtime);
    const parameterBytes = counts.live;
    const sides = { widths: Uint16Array.of(planeSize), heights: Uint16Array.of(planeSize) };
    const renderer = new ViewRenderer(runtime, sides, { batchSize: Math.max(films.step, films.look) });
    tf.dispose(training.record(trainer, training.images(renderer, blankFilms(films.step))));
    tf.dispose(trainer.look(renderer.evaluation(blankFilms(films.look), imageSize, false)));
    const { bytes, owner } = counts.largest;
    const name = kernelInWords(owner);
    const needed = {
      parameters: trainer.parameters.spec.storages.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      parameterBytes,
      activationBytes: counts.peak - parameterBytes,
      totalBytes: counts.peak,
      largestBufferBytes: bytes,
      largestBufferName: name,
    };
    trainer.dispose();
    renderer.dispose();
    const most = bufferLimit(limits);
    if (bytes <= most) return { ...needed, fits: true };
    const reason = `${name} needs one buffer of ${formatBytes(bytes)} for ${words.what}, the adapter allows ${formatBytes(most)}; lower ${words.lower}.`;
    return { ...needed, fits: false, reason };
  });
}
