// From a read-back to metrics: what is refused. A batch gone bad is told by a level that is silent for one view.

import { expect, test } from 'vitest';
import { reportLength } from '../methods/record/total.ts';
import { methodOf } from '../methods/records.ts';
import { toSample } from './sample.ts';
import { tinyConfig } from './testRun.ts';

const WIDTHS = [2, 3, 1];
const FILMS = 4;
/** Numbers of the heads before those of the levels. */
const HEADS = reportLength(methodOf(tinyConfig()));

function readBack(change: (levels: Float32Array) => void = () => undefined) {
  const levels = Float32Array.from({ length: 2 * FILMS * 6 }, (_, i) => (i % 5 === 0 ? 0 : 0.1 * (i % 7)));
  change(levels);
  const values = new Float32Array(HEADS + levels.length).fill(0.5);
  values.set(levels, HEADS);
  return {
    step: 7,
    values,
    films: FILMS,
    widths: WIDTHS,
    config: tinyConfig(),
    learningRate: 0.1,
    stepSeconds: 1,
    activeSeconds: 8,
    dataWait: 0,
    memory: { inUse: 1, reserved: 2 },
  };
}

test('zeros here and there are no fault; a level silent for all films of a view is, by name', () => {
  expect(toSample(readBack()).step).toBe(7);
  const silent = (view: number) => (levels: Float32Array) => {
    for (let film = 0; film < FILMS; film++)
      levels.fill(0, (view * FILMS + film) * 6 + 2, (view * FILMS + film) * 6 + 5);
  };
  const one = (levels: Float32Array) => levels.fill(0, 2, 5);
  expect(toSample(readBack(one)).step).toBe(7);
  for (const view of [0, 1]) {
    expect(() => toSample(readBack(silent(view)))).toThrow(
      `stage 1 outputs only zeros for view ${view + 1} at step 7.`,
    );
  }
});

test('a term that is not finite is refused by its name', () => {
  const read = readBack();
  read.values[0] = Number.POSITIVE_INFINITY;
  expect(() => toSample(read)).toThrow(
    /loss is no longer a finite number: the global \w+ is Infinity at step 7/,
  );
});
