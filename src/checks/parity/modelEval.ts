// Features of the narrow model in evaluation mode: with bottlenecks, both embeddings, and the published variants
// without bottlenecks (quirk Q2) and on batch statistics (quirk Q3).

import { type Tensor, tf } from '../../gpu/kernel.ts';
import type { Pass } from '../../nn/layers.ts';
import { type RunState, TrainingStep } from '../../train/trainingStep.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll } from './layouts.ts';
import type { ModelSetup } from './modelSetup.ts';
import type { Rows } from './rows.ts';
import type { ToleranceName } from './tolerances.ts';

export async function checkEval(
  fixture: Fixture,
  rows: Rows,
  setup: ModelSetup,
  state: RunState,
  quantity: string,
  tolerance: ToleranceName = 'evalFeatures',
): Promise<void> {
  const { input } = fixture.describe<{ input: string }>('input');
  const name = /batch\d+\.view\d+/.exec(input)?.[0];
  if (!name) throw new Error(`its input is not named: ${input.slice(0, 80)}`);
  const training = new TrainingStep(setup.config, setup.runtime);
  training.restore({ ...state, optimiserState: new Map() }, 0);
  const { model } = training;
  const images = setup.view(name);
  const pass: Pass = { parameters: model.parameters, tape: null, norm: 'running', groups: 1 };
  const embedded = tf.tidy(() => {
    const { embeddings } = model.embed(pass, images);
    return { z: embeddings.global!, d: embeddings.local! };
  });
  const made = new Map<string, Tensor>([
    ['h', model.features(images, 'running', { bottlenecks: true })],
    ['z', embedded.z],
    ['d', embedded.d],
    ['plain', model.features(images, 'running', { bottlenecks: false })],
    ['plain_trainbn', model.features(images, 'batch', { bottlenecks: false })],
  ]);
  const found = await takeAll(setup.runtime, made);
  images.dispose();
  training.dispose();
  for (const tensor of fixture.tensors.keys()) {
    const values = found.get(tensor);
    if (values) rows.compare(tolerance, quantity, values, fixture.numbers(tensor), tensor);
    else rows.fail(tensor, 'there is no such feature');
  }
}
