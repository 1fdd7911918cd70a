// Our engine, as pretraining runs it: forward, backward, both losses, the optimiser, running statistics, level statistics.
// The images are already views; rendering them is measured with the whole of pretraining (training.ts).

import type { Config } from '../../src/config/schema.ts';
import { tf } from '../../src/gpu/backend.ts';
import { openDevice } from '../../src/gpu/device.ts';
import type { Runtime } from '../../src/gpu/runtime.ts';
import { weightedTotal } from '../../src/methods/record/total.ts';
import { methodOf } from '../../src/methods/records.ts';
import { readHeads } from '../../src/train/sample.ts';
import { TrainingStep } from '../../src/train/trainingStep.ts';
import { sampleFacts } from '../../src/train/viewFacts.ts';
import { CONFIG, type Engine, RATE, viewImages } from './problem.ts';

/** Steps queued before the oldest one's numbers are waited for, as in training. */
const IN_FLIGHT = 2;

export interface OurDevice {
  readonly runtime: Runtime;
  readonly adapter: string;
  /** @throws Error with the first GPU fault so far */
  refuseFaults(): void;
  close(): void;
}

export interface OurSteps {
  readonly training: TrainingStep;
  /** Records and submits one step; nothing waits. */
  record(): void;
  /** Takes `count` steps as training does, without waiting for each; answers with the first one's loss. */
  take(count: number): Promise<number>;
  dispose(): void;
}

export async function openOurDevice(): Promise<OurDevice> {
  let fault: string | null = null;
  const { runtime, info, close } = await openDevice(({ message }) => {
    fault ??= message;
  });
  return {
    runtime,
    adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(' '),
    refuseFaults() {
      if (fault !== null) throw new Error(fault);
    },
    close,
  };
}

/** The total loss in the numbers that a step reads back. */
function totalOf(values: Float32Array, config: Config): number {
  const method = methodOf(config);
  return weightedTotal(method, config, readHeads(method, values)).total;
}

/** A model at its start and the fixed images, compiled and ready to step. */
export async function prepareSteps({ runtime, refuseFaults }: OurDevice, config: Config): Promise<OurSteps> {
  const training = new TrainingStep(config, runtime);
  const { shape, data } = viewImages(config);
  const images = tf.keep(tf.tensor4d(data, shape));
  const facts = sampleFacts(training.model.facts, 2 * config.batchSize);
  if (facts) training.know(facts);
  const record = () => training.record(images.clone(), RATE);
  await runtime.compile(training.collect(record), () => {});
  async function take(count: number): Promise<number> {
    const queue: Promise<Float32Array>[] = [];
    let first: Float32Array | null = null;
    for (let taken = 0; taken < count; taken++) {
      record();
      queue.push(training.read());
      if (queue.length > IN_FLIGHT) {
        const values = await queue.shift()!;
        first ??= values;
      }
    }
    for (const values of await Promise.all(queue)) first ??= values;
    refuseFaults();
    return totalOf(first!, config);
  }
  return {
    training,
    record() {
      record();
      runtime.submit();
    },
    take,
    dispose() {
      training.dispose();
      images.dispose();
    },
  };
}

/** @throws Error on any GPU fault, at the step after it */
export async function openOurs(): Promise<Engine> {
  const device = await openOurDevice();
  const steps = await prepareSteps(device, CONFIG);
  return { adapter: device.adapter, step: () => steps.take(1) };
}
