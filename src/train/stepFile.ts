// The step that follows a checkpoint, as one safetensors file for work elsewhere: its views as tensors with what the loss knows of
// them (labels, places; no columns where it wants nothing), the loss, the gradient of every parameter and the weights after the
// update, under PyTorch's names and in its layouts. With it another program shows that it computes the same. No run is touched;
// nothing is kept.

import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isBufferName, type NamedTensor, toTorchLayout } from '../checkpoint/stateDict.ts';
import { sizeOf, type Tensor } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { commonValue } from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { type StoredTensor, type WritableDtype, writeSafetensors } from '../util/safetensors.ts';
import type { TrainingSet } from './batchSource.ts';
import { Pretrainer } from './pretrain.ts';

/** @throws AppError not-ready where the run is at its end, too-few-films, checkpoint-invalid, loss-not-finite, gpu-fault */
export async function stepFile(
  checkpoint: Checkpoint,
  dataset: TrainingSet,
  runtime: Runtime,
): Promise<Uint8Array<ArrayBuffer>> {
  const run = new Pretrainer(checkpoint.config, dataset, runtime);
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  const keep = (name: string, tensor: NamedTensor) => tensors.set(name, { dtype: 'F32', ...tensor });
  // Everything is asked for as the step is recorded, before the update, and waited for after it.
  const reads: Promise<void>[] = [];
  const read = (tensor: Tensor, take: (data: Float32Array) => void) => {
    reads.push(runtime.read(tensor, sizeOf(tensor.shape) * 4).then(take));
  };
  try {
    run.restore(checkpoint);
    const { step } = run;
    const views = 2 * run.config.batchSize;
    keep('facts', { shape: [views, 0], data: new Float32Array(0) });
    if (step >= run.totalSteps) throw new AppError('not-ready', 'the run is at its end, no step follows.');
    await run.ready();
    const sample = await run.submitReady({
      images: (images) => read(images, (data) => keep('views', channelsFirst(images.shape, data))),
      facts: (data) => keep('facts', { shape: [views, data.length / views], data }),
      gradients(gradients) {
        for (const { name, parameters } of run.model.parameters.spec.storages) {
          const gradient = gradients.get(name);
          if (!gradient) continue;
          read(gradient, (data) => {
            let at = 0;
            for (const { name, shape } of parameters) {
              const part = { shape, data: data.subarray(at, at + sizeOf(shape)) };
              keep(`gradient.${name}`, toTorchLayout(name, part));
              at += sizeOf(shape);
            }
          });
        }
      },
    });
    await Promise.all(reads);
    for (const [name, tensor] of await run.model.parameters.read()) {
      if (!isBufferName(name)) keep(`weight.${name}`, toTorchLayout(name, tensor));
    }
    return writeSafetensors(tensors, {
      format: 'mlvicx-playground step',
      step: String(step),
      stepsPerEpoch: String(run.stepsPerEpoch),
      rate: String(run.learningRate(step)),
      loss: String(commonValue(sample, 'loss/total')),
    });
  } finally {
    await Promise.allSettled(reads);
    run.dispose();
    runtime.trim();
  }
}

/** [N, S, S, C] as [N, C, S, S]. */
function channelsFirst(shape: readonly number[], data: Float32Array): NamedTensor {
  const [films, height, width, channels] = shape as [number, number, number, number];
  const pixels = height * width;
  const moved = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [image, within] = [Math.floor(i / (pixels * channels)), i % (pixels * channels)];
    moved[(image * channels + (within % channels)) * pixels + Math.floor(within / channels)] = data[i]!;
  }
  return { shape: [films, channels, height, width], data: moved };
}
