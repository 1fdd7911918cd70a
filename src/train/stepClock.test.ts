// Step times: read-backs that arrive together, and pauses.
import { expect, test } from 'vitest';
import { StepClock } from './stepClock.ts';

test('read-backs in pairs give the true mean, and a pause does not count', () => {
  const clock = new StepClock();
  clock.start(1000);
  for (let pair = 1; pair <= 10; pair++) {
    clock.finish(1000 + pair * 2000);
    expect(clock.finish(1000 + pair * 2000)).toBeCloseTo(1, 9);
  }
  expect(clock.activeSeconds).toBeCloseTo(20, 9);
  clock.start(900_000);
  expect(clock.finish(900_500)).toBeCloseTo(0.5, 9);
  expect(clock.activeSeconds).toBeCloseTo(20.5, 9);
});
