// Our engine, as pretraining runs it: forward, backward, both losses, the optimiser, running statistics, level statistics.
// The images are already views; rendering them is measured with the whole of pretraining (training.ts).

import type { Config } from '../../src/config/schema.ts';
import { tf } from '../../src/gpu/backend.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { headTerms, TERMS_LENGTH } from '../../src/train/sample.ts';
import { TrainingStep } from '../../src/train/trainingStep.ts';
import { CONFIG, type Engine, RATE, viewImages } from './problem.ts';

/** Steps queued before the oldest one's numbers are waited for, as in training. */
const IN_FLIGHT = 2;

export interface OurEngine extends Engine {
  readonly training: TrainingStep;
  /** Takes `count` steps as training does, without waiting for each; answers with the first one's loss. */
  steps(count: number): Promise<number>;
  close(): void;
}

/** The total loss in the numbers that a step reads back. */
export function totalOf(values: Float32Array, config: Config): number {
  const { invarianceWeight, varianceWeight, covarianceWeight, localWeight } = config;
  const head = (from: number) => {
    const terms = headTerms(values.subarray(from, from + TERMS_LENGTH));
    return (
      invarianceWeight * terms.invariance +
      varianceWeight * terms.variance +
      covarianceWeight * terms.covariance
    );
  };
  return head(0) + localWeight * head(TERMS_LENGTH);
}

/** @throws Error on any GPU fault, at the step after it */
export async function openOurs(config: Config = CONFIG): Promise<OurEngine> {
  let fault: string | null = null;
  const opened = await openDevice(({ message }) => {
    fault = message;
  });
  const { runtime, info } = opened;
  const training = new TrainingStep(config, runtime);
  const { shape, data } = viewImages(config);
  const images = tf.keep(tf.tensor4d(data, shape));
  await runtime.compile(
    training.collect(() => training.record(images.clone(), RATE)),
    () => {},
  );
  async function steps(count: number): Promise<number> {
    const queue: Promise<Float32Array>[] = [];
    let first: Float32Array | null = null;
    for (let taken = 0; taken < count; taken++) {
      training.record(images.clone(), RATE);
      queue.push(training.read());
      if (queue.length > IN_FLIGHT) first ??= await queue.shift()!;
    }
    for (const reading of queue) first ??= await reading;
    await queue.at(-1);
    if (fault !== null) throw new Error(fault);
    return totalOf(first!, config);
  }
  return {
    adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(' '),
    training,
    step: () => steps(1),
    steps,
    close() {
      training.dispose();
      images.dispose();
      opened.close();
    },
  };
}
