// The steps that follow a checkpoint, one or several, as one safetensors file for work elsewhere: their views as tensors with what the
// loss knows of them (labels, places; no columns where it wants nothing), the rate and the loss of each, the gradient of every
// parameter in the first, and weights and statistics of norms after the last, under PyTorch's names and in its layouts. With it
// another program shows that it computes the same. No run is touched; nothing is kept.

import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isBufferName, type NamedTensor, toTorchLayout } from '../checkpoint/stateDict.ts';
import { sizeOf, type Tensor } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { commonValue } from '../protocol/metrics.ts';
import { AppError } from '../util/errors.ts';
import { type StoredTensor, type WritableDtype, writeSafetensors } from '../util/safetensors.ts';
import type { TrainingSet } from './batchSource.ts';
import { Pretrainer, trainingLoop } from './pretrain.ts';

/** @throws AppError not-ready where the run has not so many left, too-few-films, checkpoint-invalid, loss-not-finite, gpu-fault */
export async function stepFile(
  checkpoint: Checkpoint,
  dataset: TrainingSet,
  runtime: Runtime,
  steps = 1,
): Promise<Uint8Array<ArrayBuffer>> {
  const run = new Pretrainer(checkpoint.config, dataset, runtime);
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  const keep = (name: string, tensor: NamedTensor) => tensors.set(name, { dtype: 'F32', ...tensor });
  const views: NamedTensor[] = [];
  const facts: Float32Array[] = [];
  const losses: number[] = [];
  // Everything is asked for as a step is recorded, before the update, and waited for when all are done.
  const reads: Promise<void>[] = [];
  const read = (tensor: Tensor, take: (data: Float32Array) => void) => {
    const taken = runtime.read(tensor, sizeOf(tensor.shape) * 4).then(take);
    taken.catch(() => undefined);
    reads.push(taken);
  };
  try {
    run.restore(checkpoint);
    const { step, totalSteps } = run;
    if (step + steps > totalSteps) {
      const left = totalSteps - step;
      const found = left > 0 ? `no more than ${left} step(s) follow.` : 'no step follows.';
      throw new AppError('not-ready', `the run is at step ${step} of ${totalSteps}, ${found}`);
    }
    const loop = trainingLoop(run, steps, () => false, {
      images: (images, at) => read(images, (data) => (views[at - step] = channelsFirst(images.shape, data))),
      facts: (data) => facts.push(data),
      gradients(gradients) {
        if (run.step > step + 1) return;
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
    for await (const sample of loop) losses.push(commonValue(sample, 'loss/total'));
    await Promise.all(reads);
    const rows = steps * 2 * run.config.batchSize;
    const known = joined(facts);
    keep('views', {
      shape: [rows, ...views[0]!.shape.slice(1)],
      data: joined(views.map(({ data }) => data)),
    });
    keep('facts', { shape: [rows, known.length / rows], data: known });
    for (const [name, tensor] of await run.model.parameters.read()) {
      keep(`${isBufferName(name) ? 'buffer' : 'weight'}.${name}`, toTorchLayout(name, tensor));
    }
    return writeSafetensors(tensors, {
      format: 'mlvicx-playground step',
      step: String(step),
      stepsPerEpoch: String(run.stepsPerEpoch),
      rate: losses.map((_, i) => run.learningRate(step + i)).join(' '),
      loss: losses.join(' '),
    });
  } finally {
    await Promise.allSettled(reads);
    run.dispose();
    runtime.trim();
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
