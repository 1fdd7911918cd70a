// Whether memory grows from run to run: noise and a first run that makes much once are not growth, a leak is. And how a run
// is brought to its end, on a session that answers as the page does.

import { expect, test } from 'vitest';
import { presetConfig } from '../../src/config/presets.ts';
import type { Session } from './browser.ts';
import { grows } from './soak.ts';
import { SoakRun } from './soakRun.ts';

const runs = (length: number, bytes: (run: number) => number) =>
  Array.from({ length }, (_, run) => bytes(run));

test('a leak is growth; noise, a first run and too few runs are not', () => {
  expect(grows(runs(20, (run) => 40e6 + 4e6 * (run % 3)))).toBe(false);
  expect(grows(runs(20, (run) => (run === 0 ? 20e6 : 60e6)))).toBe(false);
  expect(grows(runs(20, (run) => 40e6 + 3e6 * run))).toBe(true);
  expect(grows(runs(4, (run) => 40e6 * (run + 1)))).toBe(false);
});

test('a run that a lost device left paused goes on to its end, and a blow-up that was dealt with is forgotten', async () => {
  const calls: string[] = [];
  const told = (state: string) => run.hear({ type: 'status', status: { state } } as never);
  const call = async (name: string) => {
    calls.push(name);
    if (name !== 'play') return;
    told('running');
    setTimeout(told, 0, 'done');
  };
  const run: SoakRun = new SoakRun({ call } as unknown as Session, presetConfig('smoke'));
  run.failure = 'loss-not-finite: made up';
  told('recovering');
  setTimeout(told, 10, 'paused');
  await run.ends();
  expect(calls).toContain('play');
  expect(run.state).toBe('done');
  await run.rollBack();
  expect(calls.slice(-2)).toEqual(['rollBack', 'play']);
  expect(run.failure).toBe('');
});
