// The guess of a student: a line through its points, how far it is from a run, and that a stored one is taken only where it is one.

import { afterEach, describe, expect, it } from 'vitest';
import { Series } from '../curves/series.ts';
import {
  GUESS_POINTS,
  GUESSED,
  guessAgain,
  guessDistance,
  guessSeries,
  keepGuess,
  readGuess,
  setPoint,
  useGuess,
} from './guess.ts';

afterEach(guessAgain);

const runOf = (values: readonly number[]): Series => {
  const series = new Series();
  values.forEach((value, step) => {
    series.append({ step, activeSeconds: step, values: Float64Array.of(value) }, [GUESSED]);
  });
  return series;
};

describe('a guess', () => {
  it('is a line through its points once it is kept', () => {
    [100, 60, 40, 30, 20].forEach((value, point) => {
      setPoint(point, value);
    });
    expect(guessSeries(useGuess.getState())).toBeNull();
    keepGuess(9);
    const series = guessSeries(useGuess.getState())!;
    expect(Array.from({ length: 9 }, (_, i) => series.value(GUESSED, i))).toEqual([
      100, 80, 60, 50, 40, 35, 30, 25, 20,
    ]);
  });

  it('is as far from the run as they are apart on average, said from half way on', () => {
    for (let point = 0; point < GUESS_POINTS; point++) setPoint(point, 50);
    keepGuess(8);
    const guess = useGuess.getState();
    expect(guessDistance(guess, runOf([60, 55, 50]))).toBeNull();
    expect(guessDistance(guess, runOf([60, 55, 50, 40]))).toEqual({ mean: 25 / 4, share: 25 / 4 / 20 });
  });

  it('stays on its scale', () => {
    setPoint(0, 1e9);
    setPoint(1, -3);
    expect(useGuess.getState().values.slice(0, 2)).toEqual([200, 0]);
  });

  it('that was stored is taken only where it is one', () => {
    expect(readGuess('{"values":[1,2,3,4,5],"steps":40}')).toEqual({ values: [1, 2, 3, 4, 5], steps: 40 });
    for (const bad of [null, '{}', '{"values":[1,2]}', '{"values":["a",1,2,3,4]}', 'x']) {
      expect(readGuess(bad).steps).toBeNull();
    }
  });
});
