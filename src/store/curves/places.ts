// Where a step stands on the x axis of a chart: by its number, by epochs, by films seen or by the time trained, and back again.
// Every run has its own, so that two runs of different batches meet where they have seen as many films. Arithmetic only.

import type { Series } from './series.ts';

/** What an x axis may count. */
export const X_UNITS = {
  step: { label: 'Step', axis: 'step', words: 'optimiser steps' },
  epoch: { label: 'Epoch', axis: 'epoch', words: 'passes over the training films' },
  films: { label: 'Films seen', axis: 'films', words: 'films shown so far, repeats counted' },
  time: { label: 'Active time', axis: 'time', words: 'time trained, halts left out' },
} as const;
export type XUnit = keyof typeof X_UNITS;
export const X_UNIT_NAMES = Object.keys(X_UNITS) as XUnit[];

/** What a run must say of itself to be placed. */
export interface Paced {
  readonly series: Pick<Series, 'steps' | 'activeSeconds' | 'length' | 'lowerBound'>;
  readonly batchSize?: number;
  readonly stepsPerEpoch?: number;
}

/** Steps may be fractions on the way back. Epochs, films and time count the step itself: it has been taken. */
export interface Place {
  at(step: number): number;
  step(x: number): number;
}

const scaled = (factor: number): Place => ({
  at: (step) => (step + 1) * factor,
  step: (x) => x / factor - 1,
});

const STEPS: Place = { at: (step) => step, step: (x) => x };

/** Null where the run does not say what the unit needs. */
export function placeOf(run: Paced, unit: XUnit): Place | null {
  if (unit === 'step') return STEPS;
  if (unit === 'films') return run.batchSize ? scaled(run.batchSize) : null;
  if (unit === 'epoch') return run.stepsPerEpoch ? scaled(1 / run.stepsPerEpoch) : null;
  return run.series.length > 0 ? byTime(run.series) : null;
}

/** Straight lines between logged steps, and the mean pace of the run beyond them. */
function byTime(series: Paced['series']): Place {
  const { steps, activeSeconds } = series;
  const last = series.length - 1;
  const pace = Math.max(activeSeconds.at(last) / (steps.at(last) + 1), 1e-9);
  const between = (from: typeof steps, to: typeof steps, value: number, after: number): number => {
    const [a, b] = [from.at(after - 1), from.at(after)];
    const share = b > a ? (value - a) / (b - a) : 0;
    return to.at(after - 1) + share * (to.at(after) - to.at(after - 1));
  };
  /** The first row whose time is not below `seconds`. */
  const rowAt = (seconds: number): number => {
    let [low, high] = [0, series.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (activeSeconds.at(middle) < seconds) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    at(step) {
      const row = series.lowerBound(step);
      if (row > last) return activeSeconds.at(last) + (step - steps.at(last)) * pace;
      if (row === 0) return Math.max(0, activeSeconds.at(0) - (steps.at(0) - step) * pace);
      return between(steps, activeSeconds, step, row);
    },
    step(x) {
      const row = rowAt(x);
      if (row > last) return steps.at(last) + (x - activeSeconds.at(last)) / pace;
      if (row === 0) return Math.max(0, steps.at(0) - (activeSeconds.at(0) - x) / pace);
      return between(activeSeconds, steps, x, row);
    },
  };
}
