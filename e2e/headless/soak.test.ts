// Whether memory grows from run to run: noise and a first run that makes much once are not growth, a leak is.

import { expect, test } from 'vitest';
import { grows } from './soak.ts';

const runs = (length: number, bytes: (run: number) => number) =>
  Array.from({ length }, (_, run) => bytes(run));

test('a leak is growth; noise, a first run and too few runs are not', () => {
  expect(grows(runs(20, (run) => 40e6 + 4e6 * (run % 3)))).toBe(false);
  expect(grows(runs(20, (run) => (run === 0 ? 20e6 : 60e6)))).toBe(false);
  expect(grows(runs(20, (run) => 40e6 + 3e6 * run))).toBe(true);
  expect(grows(runs(4, (run) => 40e6 * (run + 1)))).toBe(false);
});
