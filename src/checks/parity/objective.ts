// Objective fixtures: embedding pairs with the loss of a method, its terms and its gradients, through the engine part of the
// method as training calls it. A method that is not here, or that wants more than both embeddings, is a failed row.

import { type Config, defaultConfig } from '../../config/schema.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { engineOf } from '../../methods/engines.ts';
import { lossWeights, weightedTotal } from '../../methods/record/total.ts';
import { METHODS, type MethodName, methodOf } from '../../methods/records.ts';
import { Tape } from '../../nn/tape.ts';
import { readHeads } from '../../train/sample.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, upload } from './layouts.ts';
import type { Rows } from './rows.ts';

interface ObjectiveFixture {
  readonly method: string;
  readonly config: Readonly<Record<string, number | string>>;
  readonly values_f64: Readonly<Record<string, number>>;
}

/** Recorded names of settings and ours. */
const SETTINGS: Readonly<Record<string, string>> = {
  lambda: 'offDiagonalWeight',
  temperature: 'temperature',
};

const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

export async function checkObjective(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const {
    method,
    config: given,
    values_f64: wanted,
  } = fixture.describe<ObjectiveFixture>('method', 'config');
  if (!isMethod(method) || !fixture.tensors.has('z1')) {
    rows.fail('is a loss of two embeddings that this program has', `its method is ${method}`);
    return;
  }
  const settings = Object.entries(SETTINGS).filter(([name]) => given[name] !== undefined);
  const config = {
    ...defaultConfig(),
    ...Object.fromEntries(settings.map(([name, key]) => [key, given[name]])),
    method,
  } as Config;
  const [n, d] = fixture.shape('z1') as [number, number];
  const record = methodOf(config);
  const head = Object.keys(record.heads)[0]!;
  const z = upload(Float32Array.of(...fixture.floats('z1'), ...fixture.floats('z2')), [2 * n, d]);
  const list = lossWeights(record, config)[head]!;
  const weights = upload(Float32Array.from(list), [list.length]);

  const tape = new Tape();
  const kept = new Map<string, Tensor>();
  tape.watch(z, (gradient) => kept.set('gradient', gradient.clone()));
  const outputs = { embeddings: { [head]: z }, inside: {} };
  const vectors = engineOf(config).loss(tape, outputs, { [head]: weights }, config)[head]!;
  for (const [i, vector] of vectors.entries()) kept.set(`vector${i}`, vector);
  tape.backward();
  const values = await takeAll(runtime, kept);
  tf.dispose([z, weights]);

  const report = vectors.flatMap((_, i) => [...values.get(`vector${i}`)!]);
  const heads = readHeads(record, Float32Array.from(report));
  rows.value('objectiveValue', 'total', weightedTotal(record, config, heads).total, wanted.total!);
  for (const term of record.heads[head]!.terms) {
    const recorded = wanted[term.replaceAll('-', '_')];
    if (recorded !== undefined) rows.value('objectiveValue', term, heads[head]![term]!, recorded);
  }
  const near = given.mode === 'near' || n >= 64;
  for (const view of [1, 2]) {
    const found = values.get('gradient')!.subarray((view - 1) * n * d, view * n * d);
    const tolerance = near ? 'objectiveGradientNear' : 'objectiveGradient';
    rows.compare(tolerance, `grad_z${view}`, found, fixture.numbers(`grad_z${view}`));
  }
}
