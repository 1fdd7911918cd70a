// One whole training pass of the narrow model: every map, embedding and loss term, every gradient, and the statistics
// of the norms afterwards. The pass is a recorded training step (train/trainingStep.ts) with a look inside.

import { type NamedTensors, toTorchLayout } from '../../checkpoint/stateDict.ts';
import type { Config } from '../../config/schema.ts';
import type { Tensor } from '../../gpu/kernel.ts';
import { POOLED_SIDE } from '../../gpu/kernels/pool/levelPool.ts';
import { levelWidths } from '../../methods/encoder/network.ts';
import { type MetricName, metricNames, type StepSample } from '../../protocol/metrics.ts';
import { toSample } from '../../train/sample.ts';
import { type RunState, TrainingStep } from '../../train/trainingStep.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, toChannelMajor, toNchw } from './layouts.ts';
import { type ModelSetup, parametersOf } from './modelSetup.ts';
import { checksum, distance, median, norm, type Rows, relativeDistance } from './rows.ts';
import type { ToleranceName } from './tolerances.ts';

/** Recorded names of the loss terms and ours. */
const LOSSES: Readonly<Record<string, MetricName>> = {
  sim_global: 'global/invariance',
  var_global: 'global/variance',
  cov_global: 'global/covariance',
  vicreg_global: 'global/total',
  sim_local: 'local/invariance',
  var_local: 'local/variance',
  cov_local: 'local/covariance',
  vicreg_local: 'local/total',
  total: 'loss/total',
};

/** Loss terms of a step's read-back under their recorded names. */
export function lossesOf(values: Float32Array, config: Config, step: number): Record<string, number> {
  const sample: StepSample = toSample({
    step,
    values,
    films: config.batchSize,
    widths: levelWidths(config.width),
    config,
    learningRate: 0,
    stepSeconds: 1,
    activeSeconds: 0,
    dataWait: 0,
    memory: { inUse: 0, reserved: 0 },
  });
  const names = metricNames(config);
  const entries = Object.entries(LOSSES).map(([recorded, name]) => [
    recorded,
    sample.values[names.indexOf(name)]!,
  ]);
  return Object.fromEntries(entries);
}

/** Everything of one pass, under recorded names and in recorded layouts. */
export interface Pass {
  readonly losses: Readonly<Record<string, number>>;
  /** `view1.map1` and the like. */
  readonly forward: ReadonlyMap<string, Float32Array>;
  /** `view1.z`, `view1.map1`, ...: gradients of what the forward pass made. */
  readonly backward: ReadonlyMap<string, Float32Array>;
  readonly gradients: NamedTensors;
  readonly state: RunState;
}

export async function runPass(setup: ModelSetup): Promise<Pass> {
  const { runtime, config } = setup;
  const training = new TrainingStep({ ...config, trainLevelConvs: true }, runtime);
  training.restore(setup.start, 0);
  // Ahead and in parallel: one after the other, the first use of each would hold up the GPU process.
  const programs = training.collect(() => training.record(setup.batch(0), 0));
  await runtime.compile(programs, () => undefined);
  const { heads } = training.model.method;
  const made = new Map<string, Tensor>();
  const watched = new Map<string, Tensor>();
  const storages = new Map<string, Tensor>();
  const shapes = new Map<string, readonly number[]>();
  training.record(setup.batch(0), 0, {
    forward({ encoder, embeddings, inside }, tape) {
      const tensors: [string, Tensor][] = [
        ...encoder.maps.map((map, l): [string, Tensor] => [`map${l + 1}`, map]),
        ...encoder.levels.map((map, l): [string, Tensor] => [`a_map${l + 1}`, map]),
        ['h', encoder.features],
        ...Object.entries(inside),
        ...Object.entries(embeddings).map(([head, made]): [string, Tensor] => [heads[head]!.symbol, made]),
      ];
      for (const [name, tensor] of tensors) {
        made.set(name, tape.value(tensor).clone());
        shapes.set(name, tensor.shape);
        tape.watch(tensor, (gradient) => watched.set(name, gradient.clone()));
      }
    },
    gradients(gradients) {
      for (const [name, gradient] of gradients) storages.set(name, gradient.clone());
    },
  });
  const values = await training.read();
  const torch = (from: ReadonlyMap<string, Float32Array>) =>
    new Map([...from].flatMap(([name, data]) => viewsOf(name, data, shapes.get(name)!)));
  const pass: Pass = {
    losses: lossesOf(values, config, 0),
    forward: torch(await takeAll(runtime, made)),
    backward: torch(await takeAll(runtime, watched)),
    gradients: parametersOf(training.model.parameters.spec.storages, await takeAll(runtime, storages)),
    state: await training.capture(),
  };
  training.dispose();
  return pass;
}

/** Both views of a tensor of ours in PyTorch's layout. */
function viewsOf(name: string, data: Float32Array, shape: readonly number[]): [string, Float32Array][] {
  const films = shape[0]!;
  const whole =
    shape.length === 4
      ? toNchw(data, shape)
      : name === 'local_pooled'
        ? toChannelMajor(data, films, POOLED_SIDE * POOLED_SIDE)
        : data;
  return [
    [`view1.${name}`, whole.subarray(0, whole.length / 2)],
    [`view2.${name}`, whole.subarray(whole.length / 2)],
  ];
}

/** Pooled levels and embeddings follow after more layers than maps, so they may be further off. */
const forwardTolerance = (name: string): ToleranceName =>
  /\.(z|d|local_pooled)$/.test(name) ? 'embedding' : 'map';

interface Stats {
  readonly l2: number;
  readonly checksum: number;
}

export function checkForward(fixture: Fixture, rows: Rows, pass: Pass): void {
  const { losses_f64: losses, stats = {} } = fixture.describe<{
    losses_f64: Readonly<Record<string, number>>;
    stats?: Readonly<Record<string, Stats>>;
  }>('losses_f64');
  for (const [name, wanted] of Object.entries(losses)) {
    rows.value('modelLoss', 'loss', pass.losses[name] ?? Number.NaN, wanted, name);
  }
  for (const name of fixture.tensors.keys()) {
    const [, gradientOf] = /^grad\.(.+)$/.exec(name) ?? [];
    const found = gradientOf ? pass.backward.get(gradientOf) : pass.forward.get(name);
    if (!found) rows.fail(name, 'the pass makes no such tensor');
    else if (gradientOf) rows.compare('modelGradient', 'gradient', found, fixture.numbers(name), gradientOf);
    else rows.compare(forwardTolerance(name), 'value', found, fixture.numbers(name), name);
  }
  for (const [name, { l2, checksum: wanted }] of Object.entries(stats)) {
    if (fixture.tensors.has(name)) continue;
    const found = pass.forward.get(name);
    if (!found) {
      rows.fail(name, 'the pass makes no such tensor');
      continue;
    }
    rows.value(forwardTolerance(name), 'norm', norm(found), l2, name);
    const error = Math.abs(checksum(found) - wanted) / l2;
    rows.compare(forwardTolerance(name), 'checksum', [1 + error], [1], name);
  }
}

export function checkGradients(fixture: Fixture, rows: Rows, pass: Pass, zero: ReadonlySet<string>): void {
  const { norms } = fixture.describe<{ norms: Readonly<Record<string, number>> }>('norms');
  const largest = Math.max(...Object.values(norms));
  const errors: number[] = [];
  for (const name of fixture.tensors.keys()) {
    const [, activation] = /^actgrad\.(.+)$/.exec(name) ?? [];
    if (activation) {
      const found = pass.backward.get(activation);
      if (!found) rows.fail(name, 'the pass makes no such tensor');
      else rows.compare('modelGradient', 'gradient of a map', found, fixture.numbers(name), activation);
      continue;
    }
    const gradient = pass.gradients.get(name);
    if (!gradient) {
      rows.fail(name, 'the model has no such parameter');
      continue;
    }
    const found = toTorchLayout(name, gradient).data;
    if (zero.has(name)) {
      rows.add('zeroGradient', 'gradient, zero analytically', norm(found) / largest, name);
      continue;
    }
    errors.push(relativeDistance(found, fixture.numbers(name)));
    rows.compare('modelGradient', 'gradient', found, fixture.numbers(name), name);
  }
  rows.add('medianGradient', 'gradient, median of all parameters', median(errors));
}

export function checkBuffers(
  fixture: Fixture,
  rows: Rows,
  found: NamedTensors,
  tolerance: ToleranceName = 'buffers',
): void {
  for (const name of fixture.tensors.keys()) {
    if (/\.num_batches_tracked$/.test(name)) {
      rows.agree('batches counted', distance(found.get(name)?.data ?? [], fixture.numbers(name)) === 0, name);
    } else if (/\.running_(mean|var)$/.test(name)) {
      rows.compare(tolerance, 'running statistics', found.get(name)?.data ?? [], fixture.numbers(name), name);
    }
  }
}

/** The recorded weights go into the model and come out as they were. */
export async function checkRoundTrip(fixture: Fixture, rows: Rows, setup: ModelSetup): Promise<void> {
  const training = new TrainingStep(setup.config, setup.runtime);
  training.restore(setup.start, 0);
  const state = await training.capture();
  training.dispose();
  for (const [name, tensor] of [...state.parameters, ...state.buffers]) {
    const same = distance(toTorchLayout(name, tensor).data, fixture.numbers(name)) === 0;
    rows.agree('loads and comes out unchanged', same, name);
  }
}
