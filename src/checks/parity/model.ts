// Model fixtures: the fixtures of a narrow model belong together, because they share weights and inputs and because some go on
// where others ended. Runs them in an order in which that works, and gives each its rows. Features in evaluation mode are held
// with bottlenecks, as both embeddings, and in the published variants: without bottlenecks (quirk Q2), on batch statistics (Q3).

import { type Tensor, tf } from '../../gpu/kernel.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { Pass as LayerPass } from '../../nn/layers.ts';
import type { ParityRow } from '../../protocol/device.ts';
import { type RunState, TrainingStep } from '../../train/trainingStep.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll } from './layouts.ts';
import {
  checkBuffers,
  checkForward,
  checkGradients,
  checkRoundTrip,
  type Pass,
  runPass,
} from './modelPass.ts';
import { ModelSetup, roleOf, stateIn } from './modelSetup.ts';
import { checkSteps, type End, isChaotic } from './modelSteps.ts';
import { failedRow, Rows } from './rows.ts';
import type { ToleranceName } from './tolerances.ts';

const EVAL_AFTER = /^eval-after-(.+)$/;

/** Fixtures by family, `eval-after` ones last: they use what the steps left. */
function familiesOf(fixtures: readonly Fixture[]): Fixture[][] {
  const families = new Map<string, Fixture[]>();
  for (const fixture of fixtures) {
    const family = roleOf(fixture.name)?.family ?? fixture.name;
    families.set(family, [...(families.get(family) ?? []), fixture]);
  }
  const late = ({ name }: Fixture) => Number(EVAL_AFTER.test(roleOf(name)?.role ?? ''));
  return [...families.values()].map((family) => family.toSorted((a, b) => late(a) - late(b)));
}

export async function* checkModel(
  fixtures: readonly Fixture[],
  runtime: Runtime,
): AsyncGenerator<ParityRow[]> {
  for (const family of familiesOf(fixtures)) {
    const work = new FamilyCheck(family, runtime);
    for (const fixture of family) {
      const rows = new Rows(fixture.name);
      try {
        await work.check(fixture, rows);
      } catch (error) {
        rows.fail('runs', error instanceof Error ? error.message : String(error));
      }
      if (rows.list.length === 0) yield [failedRow(fixture.name, 'runs', 'it holds nothing to compare')];
      else yield rows.list;
    }
  }
}

class FamilyCheck {
  readonly #fixtures: readonly Fixture[];
  readonly #runtime: Runtime;
  #setup: ModelSetup | null = null;
  #pass: Promise<Pass> | null = null;
  readonly #ends = new Map<string, End>();

  constructor(fixtures: readonly Fixture[], runtime: Runtime) {
    this.#fixtures = fixtures;
    this.#runtime = runtime;
  }

  async check(fixture: Fixture, rows: Rows): Promise<void> {
    const role = roleOf(fixture.name)?.role;
    if (!role) throw new Error('its name says no part that is known');
    this.#setup ??= new ModelSetup(this.#runtime, this.#fixtures);
    const setup = this.#setup;
    if (role === 'weights') return checkRoundTrip(fixture, rows, setup);
    if (role === 'inputs') return rows.agree('read as input', setup.batches > 0);
    if (role === 'eval') return checkEval(fixture, rows, setup, setup.start, 'features');
    if (EVAL_AFTER.test(role)) return this.#evalAfter(fixture, rows, setup, EVAL_AFTER.exec(role)![1]!);
    if (role.startsWith('steps-')) {
      const end = await checkSteps(fixture, role, rows, setup);
      this.#ends.set(role, end);
      return;
    }
    this.#pass ??= runPass(setup);
    const pass = await this.#pass;
    if (role === 'forward') checkForward(fixture, rows, pass);
    else if (role === 'grads') checkGradients(fixture, rows, pass, setup.zero);
    else checkBuffers(fixture, rows, pass.state.buffers);
  }

  /** From the recorded state, which is exact, and from the state that our own steps reached. */
  async #evalAfter(fixture: Fixture, rows: Rows, setup: ModelSetup, steps: string): Promise<void> {
    const role = `steps-${steps}`;
    const recorded = this.#fixtures.find(({ name }) => roleOf(name)?.role === role);
    if (!recorded) throw new Error(`there is no fixture ${role} whose end it could start from`);
    await checkEval(fixture, rows, setup, stateIn(recorded), 'features of the recorded state');
    // Where the steps are chaotic our own end is a different one.
    if (isChaotic(role)) return;
    const end = this.#ends.get(role);
    if (!end) throw new Error(`${role} did not reach its end`);
    const tolerance = end.switched ? 'evalFeaturesSwitched' : 'evalFeaturesOwn';
    await checkEval(fixture, rows, setup, end.state, 'features of our own state', tolerance);
  }
}

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
  const pass: LayerPass = { parameters: model.parameters, tape: null, norm: 'running', groups: 1 };
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
