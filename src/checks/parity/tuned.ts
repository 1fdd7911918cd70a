// What the fixtures of fine-tuning and of the decoder share: the state before and after some steps, the comparison with it. AdamW
// makes whole steps of small gradients, so where rounding turns a gradient's sign, or puts a value on the other side of a ReLU's
// kink, two correct programs part by the rate. How far PyTorch parts from itself is recorded (e2e/parity/twins.py): the least and
// the most of each number. A number has to lie between them; a tensor that is open by more than it moved is said not to be told.

import {
  fromTorchLayout,
  isBufferName,
  type NamedTensor,
  type NamedTensors,
} from '../../checkpoint/stateDict.ts';
import { sizeOf } from '../../gpu/kernel.ts';
import { SLOTS } from '../../optim/optimiser.ts';
import type { Fixture } from './fixtures.ts';
import { distance, type Numbers, norm, type Rows } from './rows.ts';
import { TOLERANCES } from './tolerances.ts';

/** What is trained here. */
export interface Trained {
  readonly parameters: { read(): Promise<NamedTensors> };
  /** The moments of its optimiser among others. */
  read(): Promise<NamedTensors>;
}

/** The recorded state before or after the steps, in our layouts. */
export function stateOf(fixture: Fixture, prefix: string): Map<string, NamedTensor> {
  const names = [...fixture.tensors.keys()].filter((name) => name.startsWith(prefix));
  return new Map(
    names.map((whole) => {
      const name = whole.slice(prefix.length);
      return [name, fromTorchLayout(name, { shape: fixture.shape(whole), data: fixture.floats(whole) })];
    }),
  );
}

/** Of what lies between the least and the most, the number next to each that was found. */
function nearest(found: Numbers, least: Numbers, most: Numbers): Float64Array {
  if (found.length !== least.length) {
    throw new Error(`${found.length} values were computed, ${least.length} are recorded`);
  }
  // A value that is not a number stays none.
  return Float64Array.from(least, (low, i) => Math.min(Math.max(found[i]!, low), most[i]!));
}

/** Whether rounding decides more of a tensor than its way from where it began, and more than the tolerance would show. */
function isOpen(
  wanted: Numbers,
  least: Numbers,
  most: Numbers,
  begun: Numbers | undefined,
  tolerance: number,
): boolean {
  const way = begun ? distance(wanted, begun) : norm(wanted);
  return distance(least, most) > Math.max(way, tolerance * norm(wanted));
}

/** Weights, statistics and first moments after the steps; without a record of what rounding leaves open, nothing is. */
export async function compareState(fixture: Fixture, rows: Rows, trained: Trained): Promise<void> {
  const before = stateOf(fixture, 'before.');
  const now = await trained.parameters.read();
  const state = await trained.read();
  const kinds = [
    { prefix: 'after.', tolerance: 'tunedWeights', of: 'weights', own: (name: string) => now.get(name) },
    {
      prefix: 'moment.',
      tolerance: 'tunedMoments',
      of: 'moments',
      own: (name: string) => state.get(`optimiser.${SLOTS.adamw[0]}.${name}`),
    },
  ] as const;
  for (const { prefix, tolerance, of, own } of kinds) {
    const least = stateOf(fixture, `least.${prefix}`);
    const most = stateOf(fixture, `most.${prefix}`);
    for (const [name, { shape, data }] of stateOf(fixture, prefix)) {
      const found = own(name);
      const quantity = of === 'moments' ? `moment of ${name}` : name;
      const low = least.get(name)?.data ?? data;
      const high = most.get(name)?.data ?? data;
      const begun = of === 'moments' ? undefined : before.get(name)?.data;
      if (!found || sizeOf(found.shape) !== sizeOf(shape))
        rows.fail(quantity, 'the network has no such tensor');
      else if (isOpen(data, low, high, begun, TOLERANCES[tolerance].value))
        rows.skip(quantity, 'rounding decides it in this draw; another seed may tell');
      else {
        const kind = isBufferName(name) ? 'statistics' : of;
        rows.compare(tolerance, quantity, found.data, nearest(found.data, low, high), kind);
      }
    }
  }
}

/** Logits in evaluation mode after the steps. */
export function compareLogits(fixture: Fixture, rows: Rows, found: Numbers): void {
  const numbers = (name: string) => fixture.numbers(fixture.tensors.has(name) ? name : 'logits');
  rows.compare(
    'tunedLogits',
    'logits',
    found,
    nearest(found, numbers('least.logits'), numbers('most.logits')),
  );
}
