// Our engine, as pretraining runs it: forward, backward, both losses, AdamW, running statistics, level statistics.

import { tf } from '../../src/gpu/backend.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { headTerms, TERMS_LENGTH } from '../../src/train/sample.ts';
import { TrainingStep } from '../../src/train/trainingStep.ts';
import { CONFIG, type Engine, RATE, viewImages } from './problem.ts';

function totalOf(values: Float32Array): number {
  const { invarianceWeight, varianceWeight, covarianceWeight, localWeight } = CONFIG;
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
export async function openOurs(): Promise<Engine> {
  let fault: string | null = null;
  const { runtime, info } = await openDevice(({ message }) => {
    fault = message;
  });
  const training = new TrainingStep(CONFIG, runtime);
  const { shape, data } = viewImages();
  const images = tf.keep(tf.tensor4d(data, shape));
  await runtime.compile(
    training.collect(() => training.record(images.clone(), RATE)),
    () => {},
  );
  return {
    adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(' '),
    async step() {
      training.record(images.clone(), RATE);
      const values = await training.read();
      if (fault !== null) throw new Error(fault);
      return totalOf(values);
    },
  };
}
