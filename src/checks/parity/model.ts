// Model fixtures: the fixtures of a narrow model belong together, because they share weights and inputs and because
// some go on where others ended. Runs them in an order in which that works, and gives each its rows.

import type { Runtime } from '../../gpu/runtime.ts';
import type { ParityRow } from '../../protocol/device.ts';
import type { Fixture } from './fixtures.ts';
import { checkEval } from './modelEval.ts';
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
