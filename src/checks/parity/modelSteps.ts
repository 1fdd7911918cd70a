// Optimiser steps of the narrow model from recorded weights and batches: rates, all loss terms, how far each parameter
// has moved, its momentum, and the state at the end. `paper` settings are chaotic from about the fifth step on, so
// later values are only held to what the specification asks.

import { toTorchLayout } from '../../checkpoint/stateDict.ts';
import type { Config } from '../../config/schema.ts';
import { isLevelConv } from '../../methods/mlvicx/network.ts';
import { learningRateAt, type RunState, TrainingStep } from '../../train/trainingStep.ts';
import type { Fixture } from './fixtures.ts';
import { checkBuffers, lossesOf } from './modelPass.ts';
import type { ModelSetup } from './modelSetup.ts';
import { checksum, distance, norm, type Rows } from './rows.ts';
import type { ToleranceName } from './tolerances.ts';

type PerParameter = Readonly<Record<string, number>>;

interface Mark {
  readonly norm: PerParameter;
  readonly delta: PerParameter;
  readonly checksum: PerParameter;
  /** Of the parameters that the optimiser knows. */
  readonly momentum: PerParameter;
}

interface StepsFixture {
  readonly hyperparameters: {
    readonly momentum: number;
    readonly warmup_epochs: number;
    readonly base_lr: number;
    readonly eta: number;
    readonly weight_decay: number;
    readonly total_epochs: number;
  };
  readonly total_steps: number;
  readonly batch_of_step?: string;
  readonly trajectory: {
    readonly lr: readonly number[];
    readonly losses: readonly PerParameter[];
    /** By steps taken. */
    readonly marks: Readonly<Record<string, Mark>>;
  };
}

type Pace = 'gentle' | 'paper';

/** Where our steps ended. */
export interface End {
  readonly state: RunState;
  /** True when a unit fell on the other side of its threshold on the way; see the table of tolerances. */
  readonly switched: boolean;
}

/** Ten times what PyTorch's single precision is off by in the losses of `gentle` steps when nothing switches. */
const SWITCHED = 1e-5;

/** `steps-<settings>-<variant>` */
const ROLE = /^steps-(gentle|paper)-(official|fixed)$/;
/** Steps whose losses are still well conditioned. */
const EARLY: Record<Pace, number> = { gentle: 5, paper: 3 };
/** Marks that can be compared at all. */
const LAST_MARK: Record<Pace, number> = { gentle: Number.POSITIVE_INFINITY, paper: 2 };

/** True where rounding grows so much within the steps that their end cannot be compared. */
export const isChaotic = (role: string) => ROLE.exec(role)?.[1] === 'paper';

function lossTolerance(pace: Pace, step: number): ToleranceName {
  if (pace === 'gentle') return step <= EARLY.gentle ? 'gentleLossEarly' : 'gentleLossLate';
  if (step <= EARLY.paper) return 'paperLossEarly';
  return step === EARLY.paper + 1 ? 'paperLossTurn' : 'paperLossLate';
}

/** The number of the batch that a step takes. */
function batchRule(rule: string | undefined, batches: number): (step: number) => number {
  const [, modulus] = /mod (\d+)/.exec(rule ?? '') ?? [];
  const size = modulus ? Number(modulus) : batches;
  return (step) => step % size;
}

/** True where the losses of late steps jump away from the recorded ones. Early jumps are faults. */
function branchSwitched(pace: Pace, found: readonly number[], wanted: readonly PerParameter[]): boolean {
  if (pace === 'paper') return false;
  const off = found.map((total, step) => Math.abs(total / (wanted[step]?.total ?? total) - 1));
  return off.slice(0, EARLY.gentle + 1).every((error) => error <= SWITCHED) && off.some((e) => e > SWITCHED);
}

/** @returns the end, for fixtures that go on from there */
export async function checkSteps(
  fixture: Fixture,
  role: string,
  rows: Rows,
  setup: ModelSetup,
): Promise<End> {
  const [, pace, variant] = (ROLE.exec(role) ?? []) as unknown as [string, Pace?, string?];
  if (!pace || !variant) throw new Error(`there is no tolerance for ${role}`);
  const given = fixture.describe<StepsFixture>('hyperparameters', 'total_steps', 'trajectory');
  const { hyperparameters: hyper, trajectory } = given;
  const config: Config = {
    ...setup.config,
    optimiser: 'lars',
    learningRate: hyper.base_lr,
    momentum: hyper.momentum,
    trustCoefficient: hyper.eta,
    weightDecay: hyper.weight_decay,
    warmupEpochs: hyper.warmup_epochs,
    epochs: hyper.total_epochs,
    trainLevelConvs: variant === 'fixed',
  };
  const length = { totalSteps: given.total_steps, stepsPerEpoch: given.total_steps / hyper.total_epochs };
  const rates = trajectory.lr.map((_, step) => learningRateAt(config, length, step));
  rows.compare('rate', 'learning rate', rates, trajectory.lr);

  const training = new TrainingStep(config, setup.runtime);
  training.restore(setup.start, 0);
  const batchOf = batchRule(given.batch_of_step, setup.batches);
  const totals: number[] = [];
  const step = async (index: number, rate: number) => {
    training.record(setup.batch(batchOf(index)), rate);
    const losses = lossesOf(await training.read(), config, index);
    totals.push(losses.total!);
    const switched = branchSwitched(pace, totals, trajectory.losses);
    checkLosses(rows, pace, index, losses, trajectory.losses[index] ?? {}, switched);
  };
  for (const [index, rate] of rates.entries()) {
    await step(index, rate);
    const mark = trajectory.marks[String(index + 1)];
    const switched = branchSwitched(pace, totals, trajectory.losses);
    if (mark) checkMark(rows, pace, index + 1, mark, { state: await training.capture(), switched }, setup);
  }
  const trained = await training.capture();
  // The last loss was recorded in training mode after the last update, which moves the statistics once more.
  const further = trajectory.losses.length > rates.length;
  if (further) await step(rates.length, 0);
  const last = further ? { ...trained, buffers: (await training.capture()).buffers } : trained;
  training.dispose();
  if (pace === 'paper') checkFall(rows, totals);
  const end = { state: last, switched: branchSwitched(pace, totals, trajectory.losses) };
  checkEnd(fixture, rows, pace, variant, end, setup);
  return end;
}

function checkLosses(
  rows: Rows,
  pace: Pace,
  step: number,
  found: Readonly<Record<string, number>>,
  wanted: PerParameter,
  switched: boolean,
): void {
  const tolerance = lossTolerance(pace, step);
  for (const [name, value] of Object.entries(wanted)) {
    // Of the chaotic steps only the whole loss is held to anything.
    if ((switched || (pace === 'paper' && step > EARLY.paper)) && name !== 'total') continue;
    rows.value(tolerance, `loss of step ${step}${words(switched)}`, found[name] ?? Number.NaN, value, name);
  }
}

/** Chaotic losses must still be finite (toSample sees to it) and fall. */
function checkFall(rows: Rows, totals: readonly number[]): void {
  const turn = totals[EARLY.paper + 1];
  const end = totals.at(-1)!;
  if (turn !== undefined) rows.agree('loss falls to the end', Number.isFinite(end) && end < turn);
}

function checkMark(
  rows: Rows,
  pace: Pace,
  steps: number,
  mark: Mark,
  { state, switched }: End,
  { start, zero }: ModelSetup,
): void {
  const finite = [...state.parameters.values()].every(({ data }) => data.every(Number.isFinite));
  rows.agree(`weights after ${steps} are finite`, finite);
  if (steps > LAST_MARK[pace]) return;
  const early = steps <= 5;
  const momentum = state.optimiserState.get('momentum');
  for (const [name, tensor] of state.parameters) {
    const { data } = toTorchLayout(name, tensor);
    const from = toTorchLayout(name, start.parameters.get(name)!).data;
    const [size, moved, sum, pushed] = [mark.norm, mark.delta, mark.checksum, mark.momentum].map(
      (values) => values?.[name],
    );
    if (size === undefined || moved === undefined) {
      rows.fail(`after ${steps}`, `${name} is not recorded`);
      continue;
    }
    const normOf = switched ? 'normSwitched' : 'norm';
    rows.value(normOf, `norm after ${steps}${words(switched)}`, norm(data), size, name);
    if (sum !== undefined) {
      // The specification has an absolute tolerance, a share of the norm.
      const off = Math.abs(checksum(data) - sum) / (size || 1);
      rows.compare(early ? 'orderEarly' : 'orderLate', `checksum after ${steps}`, [1 + off], [1], name);
    }
    if (zero.has(name)) continue;
    const distanceOf = switched ? 'distanceSwitched' : early ? 'distanceEarly' : 'distanceLate';
    rows.value(distanceOf, `distance after ${steps}${words(switched)}`, distance(data, from), moved, name);
    // A branch of the small attention weights turns their momentum about: nothing is left to compare.
    if (pushed === undefined || switched) continue;
    const found = momentum?.get(name)?.data;
    const speed = steps === 1 ? 'momentumFirst' : early ? 'momentumEarly' : 'momentumLate';
    rows.value(speed, `momentum after ${steps}`, found ? norm(found) : Number.NaN, pushed, name);
  }
}

const words = (switched: boolean) => (switched ? ' (after a switched branch)' : '');

function checkEnd(
  fixture: Fixture,
  rows: Rows,
  pace: Pace,
  variant: string,
  { state, switched }: End,
  { start, zero }: ModelSetup,
): void {
  if (variant === 'official') {
    for (const [name, { data }] of state.parameters) {
      if (!isLevelConv(name)) continue;
      rows.agree('level convolution unchanged', distance(data, start.parameters.get(name)!.data) === 0, name);
    }
  }
  if (pace === 'paper') {
    const finite = [...state.buffers.values()].every(({ data }) => data.every(Number.isFinite));
    rows.agree('running statistics at the end are finite', finite);
    return;
  }
  const quantity = `weights at the end${words(switched)}`;
  for (const [name, tensor] of state.parameters) {
    if (!fixture.tensors.has(name)) continue;
    const wanted = fixture.numbers(name);
    const { data } = toTorchLayout(name, tensor);
    const moved = distance(wanted, toTorchLayout(name, start.parameters.get(name)!).data);
    if (moved === 0 || zero.has(name))
      rows.compare('endStill', 'weights at rest at the end', data, wanted, name);
    else rows.add(switched ? 'endSwitched' : 'endLate', quantity, distance(data, wanted) / moved, name);
  }
  checkBuffers(fixture, rows, state.buffers, switched ? 'buffersSwitched' : 'buffersLate');
}
