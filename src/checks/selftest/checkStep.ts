// One whole training step of a tiny model of each method, as training takes it on the GPU and as plain loops take it on the processor
// (the `cpu` backend of tfjs, where every kernel is its reference): losses, updates, statistics and weights compared.
// The processor's part of each holds the worker for about a second and lets nothing else in, because tfjs has one backend at a time.

import { presetConfig } from '../../config/presets.ts';
import { type Config, parseConfig } from '../../config/schema.ts';
import { type Plain, sizeOf, tf } from '../../gpu/kernel.ts';
import { HYPER_LENGTH, larsUpdate, movingAverage, packHyper } from '../../gpu/kernels/optimiser/optimiser.ts';
import { relativeError, values } from '../../gpu/kernels/parts/case.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { Model } from '../../methods/model.ts';
import { lossWeights, reportLength } from '../../methods/record/total.ts';
import { METHOD_NAMES, METHODS, type MethodName, methodOf } from '../../methods/records.ts';
import type { SelfTestRow } from '../../protocol/device.ts';
import { drawFrom } from '../../train/initialise.ts';
import { TrainingStep } from '../../train/trainingStep.ts';
import { sampleFacts } from '../../train/viewFacts.ts';
import { guarded } from './checkKernel.ts';

/** LARS, because its update is proportional to the gradient; AdamW's first one knows little but the sign. */
const configOf = (method: MethodName): Config =>
  parseConfig(
    {
      method,
      optimiser: 'lars',
      width: 8,
      projectorHidden: 16,
      embeddingDim: 16,
      levelChannels: 8,
      levelSize: 16,
      localDim: 16,
      classifierOutputs: 3,
      batchSize: 8,
      weightDecay: 1e-3,
      trustCoefficient: 0.01,
    },
    presetConfig('smoke'),
  );
const RATE = 0.01;
const imagesOf = ({ batchSize, imageSize }: Config) => [2 * batchSize, imageSize, imageSize, 3];

/** What a step leaves behind, by name. */
export interface Outcome {
  readonly terms: ArrayLike<number>;
  readonly updates: ReadonlyMap<string, Float32Array>;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly statistics: ReadonlyMap<string, Float32Array>;
}

/** Tolerances in single precision, as checks/parity/tolerances.ts has them for recorded fixtures. */
const QUANTITIES: readonly {
  readonly detail: string;
  readonly tolerance: number;
  error(found: Outcome, wanted: Outcome): number;
}[] = [
  {
    detail: 'terms of the loss',
    tolerance: 1e-4,
    error: (found, wanted) => relativeError(found.terms, wanted.terms),
  },
  {
    detail: 'update of each parameter, the worst',
    tolerance: 2e-3,
    error: (found, wanted) => worst(found.updates, wanted.updates),
  },
  {
    detail: 'batch-norm statistics, the worst',
    tolerance: 1e-4,
    error: (found, wanted) => worst(found.statistics, wanted.statistics),
  },
  {
    detail: 'weights after the step, all together',
    tolerance: 1e-5,
    error: (found, wanted) => relativeError(together(found.weights), together(wanted.weights)),
  },
];

/** How many rows checkStep gives. */
export const STEP_ROWS = QUANTITIES.length * METHOD_NAMES.length;

/** The step of one method. */
export async function checkStep(runtime: Runtime, method: MethodName): Promise<SelfTestRow[]> {
  const found = await guarded(runtime, () => stepOnGpu(runtime, method));
  return compareSteps(found, found.fault === null ? await stepOnProcessor(method) : null, method);
}

/** A row for each quantity of two steps; none can be compared where the step on the GPU failed. */
export function compareSteps(
  found: { readonly value: Outcome | null; readonly fault: string | null },
  wanted: Outcome | null,
  method: MethodName,
): SelfTestRow[] {
  const name = `One training step, ${METHODS[method].label}`;
  return QUANTITIES.map(({ detail, tolerance, error: measure }): SelfTestRow => {
    const row = { part: 'step', name, detail, unit: 'relative', tolerance } as const;
    if (!found.value || !wanted) return { ...row, error: null, ok: false, fault: found.fault ?? '' };
    const error = measure(found.value, wanted);
    if (Number.isFinite(error)) return { ...row, error, ok: error <= tolerance };
    return { ...row, error: null, ok: false, fault: 'A result is not a finite number.' };
  });
}

/** One step on the GPU, with whatever is switched on there. */
export async function stepOnGpu(runtime: Runtime, method: MethodName): Promise<Outcome> {
  const config = configOf(method);
  const shape = imagesOf(config);
  const data = values(shape, 11);
  const step = new TrainingStep(config, runtime);
  const facts = sampleFacts(step.model.facts, 2 * config.batchSize);
  if (facts) step.know(facts);
  const record = () => step.record(tf.tensor(data.slice(), shape), RATE);
  try {
    await runtime.compile(step.collect(record), () => undefined);
    record();
    const report = await step.read();
    const { parameters, buffers, optimiserState } = await step.capture();
    const counted = /\.num_batches_tracked$/;
    return {
      terms: report.subarray(0, reportLength(methodOf(config))),
      updates: dataOf(optimiserState.get('momentum') ?? new Map()),
      weights: dataOf(parameters),
      statistics: dataOf(new Map([...buffers].filter(([name]) => !counted.test(name)))),
    };
  } finally {
    step.dispose();
  }
}

const dataOf = (tensors: ReadonlyMap<string, { data: Float32Array }>) =>
  new Map([...tensors].map(([name, { data }]) => [name, data]));

async function stepOnProcessor(method: MethodName): Promise<Outcome> {
  const config = configOf(method);
  const shape = imagesOf(config);
  const data = values(shape, 11);
  const before = tf.getBackend();
  await tf.setBackend('cpu');
  const model = new Model(config, drawFrom(config.seed));
  try {
    const weights = Object.fromEntries(
      Object.entries(lossWeights(model.method, config)).map(([head, list]) => [head, tf.tensor1d(list)]),
    );
    const images = tf.tensor(data.slice(), shape);
    const sample = sampleFacts(model.facts, 2 * config.batchSize);
    const facts = sample && tf.tensor2d(sample, [2 * config.batchSize, model.facts!.columns]);
    const { report, pooled, gradients, target } = model.step(images, weights, {}, facts);
    model.remember(target);
    const terms: number[] = [];
    for (const vector of report) terms.push(...(await vector.data()));
    const state = await model.parameters.read();
    const updates = new Map<string, Float32Array>();
    for (const { name, parameters } of model.parameters.spec.storages) {
      const gradient = (await gradients.get(name)?.data()) as Float32Array | undefined;
      if (!gradient) continue;
      let at = 0;
      for (const { name: parameter, shape, adapted } of parameters) {
        const part = gradient.slice(at, at + sizeOf(shape));
        updates.set(parameter, update(state.get(parameter)!.data, part, adapted, config));
        at += sizeOf(shape);
      }
    }
    facts?.dispose();
    tf.dispose([...Object.values(weights), images, ...report, pooled, ...gradients.values()]);
    follow(model, state);
    const buffers = new Set(model.parameters.spec.buffers.map(({ name }) => name));
    const all = [...dataOf(state)];
    return {
      terms,
      updates,
      weights: new Map(all.filter(([name]) => !buffers.has(name))),
      statistics: new Map(all.filter(([name]) => buffers.has(name))),
    };
  } finally {
    model.dispose();
    await tf.setBackend(before);
  }
}

/** The target network after the update, by the plain loops, in place. */
function follow(model: Model, state: ReadonlyMap<string, { data: Float32Array }>): void {
  const { storages } = model.parameters.spec;
  const share: Plain = { shape: [1], data: Float32Array.of(1 - (model.targetMomentum(0) ?? 1)) };
  for (const { parameters, follows } of storages) {
    const online = storages.find(({ name }) => name === follows)?.parameters;
    if (!online) continue;
    for (const [i, { name }] of parameters.entries()) {
      const [target, leader] = [state.get(name)!, state.get(online[i]!.name)!].map(
        ({ data }): Plain => ({ shape: [data.length], data }),
      ) as [Plain, Plain];
      movingAverage.spec.reference({ target, online: leader, share }, {}, []);
    }
  }
}

/** One LARS update of a parameter by the plain loops, in place; returns the new momentum. */
function update(
  parameter: Float32Array,
  gradient: Float32Array,
  adapted: boolean,
  { weightDecay, momentum, trustCoefficient }: Config,
): Float32Array {
  const hyper = packHyper({ rate: RATE, weightDecay, momentum, trustCoefficient, updates: 1, clip: 0 });
  const flat = (data: Float32Array | Int32Array): Plain => ({ shape: [data.length], data });
  const moment1 = new Float32Array(parameter.length);
  const segments = { shape: [1, 4], data: Int32Array.of(0, parameter.length, Number(adapted), 0) };
  const inputs = {
    parameters: flat(parameter),
    gradients: flat(gradient),
    moment1: flat(moment1),
    segments,
    hyper: { shape: [HYPER_LENGTH], data: hyper },
  };
  larsUpdate.spec.reference(inputs, {}, []);
  return moment1;
}

const together = (tensors: ReadonlyMap<string, Float32Array>): number[] =>
  [...tensors.keys()].sort().flatMap((name) => [...tensors.get(name)!]);

/** Tensors that ought to be zero are measured by the largest one: a bias before a batch norm has no gradient. */
const FLOOR = 1e-3;

/** The largest ||found - wanted|| / ||wanted|| over all tensors. */
function worst(found: ReadonlyMap<string, Float32Array>, wanted: ReadonlyMap<string, Float32Array>): number {
  const norm = (data: Float32Array) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
  const floor = FLOOR * Math.max(...[...wanted.values()].map(norm));
  let largest = 0;
  for (const [name, data] of wanted) {
    const other = found.get(name);
    if (other?.length !== data.length) return Number.NaN;
    const difference = norm(data.map((value, i) => value - other[i]!));
    const error = difference / Math.max(norm(data), floor);
    if (Number.isNaN(error)) return error;
    largest = Math.max(largest, error);
  }
  return largest;
}
