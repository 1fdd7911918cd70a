// What rounding leaves open is not held against a program; everything else is.

import { describe, expect, test } from 'vitest';
import type { StoredTensor } from '../../util/safetensors.ts';
import { Fixture } from './fixtures.ts';
import { Rows } from './rows.ts';
import { compareLogits, compareState } from './tuned.ts';

const BIAS = 'decoder.head.bias';
const MOMENT = `optimiser.moment1.${BIAS}`;
const RATE = 1e-3;

const floats = (values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** A step of RATE in a vector that began at zero, and what was found after it. */
async function compared(
  recorded: Record<string, readonly number[]>,
  found: readonly number[],
  moment: readonly number[] = [0.1, 0.1, 0.1, 1e-5],
) {
  const tensors = new Map<string, StoredTensor>(
    Object.entries(recorded).map(([name, values]) => [name, { dtype: 'F32', ...floats(values) }]),
  );
  const rows = new Rows('f');
  await compareState(new Fixture('f', {}, () => tensors), rows, {
    parameters: { read: async () => new Map([[BIAS, floats(found)]]) },
    read: async () => new Map([[MOMENT, floats(moment)]]),
  });
  return rows.list.map(({ quantity, ok, unchecked }) => [quantity, unchecked ? 'unchecked' : ok]);
}

const step = [RATE, -RATE, RATE, RATE];
/** The last one steps either way, for its gradient is of either sign. */
const record = {
  [`before.${BIAS}`]: [0, 0, 0, 0],
  [`after.${BIAS}`]: step,
  [`least.after.${BIAS}`]: [RATE, -RATE, RATE, -RATE / 2],
  [`most.after.${BIAS}`]: step,
};

describe('state after steps', () => {
  test('a step that rounding decides may go either way, another may not', async () => {
    expect(await compared(record, step)).toEqual([[BIAS, true]]);
    expect(await compared(record, [RATE, -RATE, RATE, 0])).toEqual([[BIAS, true]]);
    expect(await compared(record, [RATE, -RATE, RATE, -RATE])).toEqual([[BIAS, false]]);
    expect(await compared(record, [RATE, RATE, RATE, RATE])).toEqual([[BIAS, false]]);
  });

  test('a rate that is off by a thousandth is outside', async () => {
    expect(
      await compared(
        record,
        step.map((value) => value * 1.001),
      ),
    ).toEqual([[BIAS, false]]);
  });

  test('without a record of rounding every number counts', async () => {
    const { [`after.${BIAS}`]: after } = record;
    expect(await compared({ [`after.${BIAS}`]: after! }, [RATE, -RATE, RATE, 0])).toEqual([[BIAS, false]]);
  });

  test('a tensor that is open by more than it moved is not told', async () => {
    const wide = { ...record, [`least.after.${BIAS}`]: [-RATE, -RATE, -RATE, -RATE] };
    expect(await compared(wide, step)).toEqual([[BIAS, 'unchecked']]);
  });

  test('moments are held as weights are', async () => {
    const moments = {
      [`moment.${BIAS}`]: [0.1, 0.1, 0.1, 1e-5],
      [`least.moment.${BIAS}`]: [0.1, 0.1, 0.1, -1e-3],
      [`most.moment.${BIAS}`]: [0.1, 0.1, 0.1, 1e-3],
    };
    const quantity = `moment of ${BIAS}`;
    expect(await compared(moments, step, [0.1, 0.1, 0.1, -9e-4])).toEqual([[quantity, true]]);
    expect(await compared(moments, step, [0.1, 0.1, 0.1001, 1e-5])).toEqual([[quantity, false]]);
  });

  test('neither what is not a number nor what is missing passes', async () => {
    expect(await compared(record, [RATE, -RATE, RATE, Number.NaN])).toEqual([[BIAS, false]]);
    expect(await compared(record, [RATE])).toEqual([[BIAS, false]]);
  });

  test('logits are held between theirs', () => {
    const tensors = new Map<string, StoredTensor>(
      Object.entries({ logits: [1, 2], 'least.logits': [1, 1.9], 'most.logits': [1, 2] }).map(
        ([name, values]) => [name, { dtype: 'F32', ...floats(values) }],
      ),
    );
    const rows = new Rows('f');
    const fixture = new Fixture('f', {}, () => tensors);
    for (const found of [
      [1, 1.95],
      [1, 1.8],
      [1.1, 2],
    ])
      compareLogits(fixture, rows, found);
    expect(rows.list.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(() => compareLogits(fixture, rows, [1])).toThrow('recorded');
  });
});
