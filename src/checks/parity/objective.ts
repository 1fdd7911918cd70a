// Objective fixtures: embeddings with the loss of a method, its terms and its gradients, through the engine part of the
// method as training calls it. Where the recorded tensors go is a row below; a method without one is said to be unknown.
// Momentum fixtures: weights after each step, and where the target network has come to that followed them.

import { type Config, defaultConfig } from '../../config/schema.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import { movingAverage } from '../../gpu/kernels/optimiser/optimiser.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { engineOf } from '../../methods/engines.ts';
import { lossWeights, weightedTotal } from '../../methods/record/total.ts';
import { METHODS, type MethodName, methodOf } from '../../methods/records.ts';
import { Tape } from '../../nn/tape.ts';
import { readHeads } from '../../train/sample.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, upload } from './layouts.ts';
import type { Rows } from './rows.ts';
import type { ToleranceName } from './tolerances.ts';

interface ObjectiveFixture {
  readonly method: string;
  readonly config: Readonly<Record<string, number | string>>;
  readonly values_f64: Readonly<Record<string, number>>;
}

/** What the heads of a method leave behind, by the recorded tensors that stand one behind the other in each of it. */
interface Arrangement {
  /** The embedding of the method's first head. */
  readonly embedding: readonly string[];
  /** By name, as the loss reads it. */
  readonly inside?: Readonly<Record<string, readonly string[]>>;
}

const PAIR: Arrangement = { embedding: ['z1', 'z2'] };
const PREDICTED: Arrangement = {
  embedding: ['t1', 't2'],
  inside: { prediction: ['p1', 'p2'], target: ['t1', 't2'] },
};
/** Both views ask: with the same twice in either, the mean is that of one, and its gradient comes in halves. */
const ASKED: Arrangement = {
  embedding: ['query', 'query'],
  inside: { target: ['key', 'key'], queue: ['queue'] },
};

/** A method's loss is checked by adding its row. */
const ARRANGEMENTS: Readonly<Partial<Record<string, Arrangement>>> = {
  simclr: PAIR,
  barlow: PAIR,
  simsiam: PREDICTED,
  byol: PREDICTED,
  moco: ASKED,
};

/** Recorded names of settings and ours. */
const SETTINGS: Readonly<Record<string, string>> = {
  lambda: 'offDiagonalWeight',
  temperature: 'temperature',
};

const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

function configFor(method: MethodName, given: ObjectiveFixture['config']): Config {
  const settings = Object.entries(SETTINGS).filter(([name]) => given[name] !== undefined);
  const values = Object.fromEntries(settings.map(([name, key]) => [key, given[name]]));
  return { ...defaultConfig(), ...values, method } as Config;
}

function toleranceFor({ mode }: ObjectiveFixture['config'], films: number): ToleranceName {
  if (mode === 'near') return 'objectiveGradientNear';
  return films >= 64 ? 'objectiveGradientLarge' : 'objectiveGradient';
}

/** Recorded tensors of the same width as one. */
function together(fixture: Fixture, names: readonly string[]): Tensor {
  const width = fixture.shape(names[0]!).at(-1)!;
  const values = names.flatMap((name) => [...fixture.floats(name)]);
  return upload(Float32Array.from(values), [values.length / width, width]);
}

export async function checkObjective(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const description = fixture.describe<ObjectiveFixture>('method', 'config', 'values_f64');
  const { method, config: given, values_f64: wanted } = description;
  const arrangement = Object.hasOwn(ARRANGEMENTS, method) ? ARRANGEMENTS[method] : undefined;
  if (!isMethod(method) || !arrangement) {
    rows.skip('is the loss of a method', `${method} is no method of this program`);
    return;
  }
  const config = configFor(method, given);
  const record = methodOf(config);
  const head = Object.keys(record.heads)[0]!;
  const { total, terms, gradients } = await measure(fixture, arrangement, config, head, runtime);
  rows.value('objectiveValue', 'total', total, wanted.total!);
  for (const term of record.heads[head]!.terms) {
    const recorded = wanted[term.replaceAll('-', '_')];
    if (recorded !== undefined) rows.value('objectiveValue', term, terms[term]!, recorded);
  }
  const tolerance = toleranceFor(given, fixture.shape(arrangement.embedding[0]!)[0]!);
  for (const [name, gradient] of gradients) {
    rows.compare(tolerance, `grad_${name}`, gradient, fixture.numbers(`grad_${name}`));
  }
}

interface Measured {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  /** By recorded tensor, of those whose gradient is recorded. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

async function measure(
  fixture: Fixture,
  { embedding, inside = {} }: Arrangement,
  config: Config,
  head: string,
  runtime: Runtime,
): Promise<Measured> {
  const record = methodOf(config);
  const list = lossWeights(record, config)[head]!;
  const weights = upload(Float32Array.from(list), [list.length]);
  const tape = new Tape();
  const kept = new Map<string, Tensor>();
  const given = Object.entries({ [head]: embedding, ...inside }).map(([name, parts]) => {
    const tensor = together(fixture, parts);
    tape.watch(tensor, (gradient) => kept.set(`grad ${name}`, gradient.clone()));
    return { name, parts, tensor };
  });
  const [first, ...others] = given;
  const outputs = {
    embeddings: { [head]: first!.tensor },
    inside: Object.fromEntries(others.map(({ name, tensor }) => [name, tensor])),
  };
  const vectors = engineOf(config).loss(tape, outputs, { [head]: weights }, config, null)[head]!;
  for (const [i, vector] of vectors.entries()) kept.set(`vector${i}`, vector);
  tape.backward();
  const values = await takeAll(runtime, kept);
  tf.dispose([weights, ...given.map(({ tensor }) => tensor)]);

  const report = vectors.flatMap((_, i) => [...values.get(`vector${i}`)!]);
  const heads = readHeads(record, Float32Array.from(report));
  const gradients = new Map<string, Float32Array>();
  for (const { name, parts } of given) {
    let at = 0;
    for (const part of parts) {
      const size = fixture.stored(part).data.length;
      const found = values.get(`grad ${name}`)?.subarray(at, at + size) ?? new Float32Array(size);
      at += size;
      if (!fixture.tensors.has(`grad_${part}`)) continue;
      const earlier = gradients.get(part);
      gradients.set(part, earlier ? found.map((value, i) => value + earlier[i]!) : found);
    }
  }
  return { total: weightedTotal(record, config, heads).total, terms: heads[head]!, gradients };
}

interface MomentumFixture {
  readonly config: { readonly base: number; readonly totalSteps: number };
}

export async function checkMomentum(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const { base, totalSteps } = fixture.describe<MomentumFixture>('config').config;
  const config = { ...defaultConfig(), method: 'byol', targetMomentum: base } as const;
  const [steps, size] = fixture.shape('online') as [number, number];
  const online = fixture.floats('online');
  const momenta = Array.from({ length: steps }, (_, step) =>
    engineOf(config).target!.momentum(config, step / totalSteps),
  );
  const target = upload(fixture.floats('target'), [size]);
  for (const [step, momentum] of momenta.entries()) {
    const inputs = {
      target,
      online: upload(online.slice(step * size, (step + 1) * size), [size]),
      share: upload(Float32Array.of(1 - momentum), [1]),
    };
    movingAverage(inputs, {});
    tf.dispose([inputs.online, inputs.share]);
  }
  const found = await takeAll(runtime, new Map([['result', target]]));
  rows.compare('coefficient', 'coefficients', momenta, fixture.numbers('coefficients'));
  rows.compare('movingAverage', 'result', found.get('result')!, fixture.numbers('result'));
}
