import { describe, expect, test } from 'vitest';
import type { ParityRow } from '../../src/protocol/device.ts';
import { condense, table } from './parity.ts';

const row = (over: Partial<ParityRow>): ParityRow => ({
  fixture: 'model',
  quantity: 'gradient',
  error: 1e-5,
  tolerance: 2e-3,
  ok: true,
  ...over,
});

describe('the table of parity', () => {
  test('shows the worst tensor of a quantity, and every one that is outside', () => {
    const rows = [
      row({ of: 'a' }),
      row({ of: 'b', error: 1e-4 }),
      row({ of: 'c', error: 3e-3, ok: false }),
      row({ of: 'd', error: 4e-3, ok: false }),
      row({ quantity: 'total', error: 0, tolerance: 0 }),
      row({ fixture: 'other', quantity: 'runs', error: 1, tolerance: 0, ok: false, note: 'no file' }),
    ];
    expect(condense(rows).map(({ row: { fixture }, quantity }) => [fixture, quantity])).toEqual([
      ['model', 'gradient: d (worst of 4)'],
      ['model', 'gradient: c'],
      ['model', 'total'],
      ['other', 'runs: no file'],
    ]);
    const printed = table(condense(rows)).split('\n');
    expect(printed).toHaveLength(5);
    expect(printed[1]).toMatch(/^model\s+gradient: d \(worst of 4\)\s+4\.0e-3\s+2\.0e-3\s+OUTSIDE$/);
    expect(printed[3]).toMatch(/total\s+0\s+0\s+within$/);
  });

  test('says of what is not checked that it is not, and counts it as nothing', () => {
    const left = row({ fixture: 'tea', ok: false, unchecked: true, error: 0, tolerance: 0 });
    const lines = condense([left, row({ of: 'a' })]);
    expect(table(lines).split('\n')[1]).toMatch(/^tea\s+gradient\s+-\s+-\s+not checked$/);
  });
});
