// The course of the loss as a student expects it: five points, kept before the run and drawn over it, and how far the two are
// apart. It stays in this browser and is part of no link, no file and no run.

import { create } from 'zustand';
import type { MetricName } from '../../protocol/metrics.ts';
import { liveSeries, Series } from '../curves/series.ts';

/** The curve that is guessed. */
export const GUESSED: MetricName = 'loss/total';
/** Points of the course, evenly from the first step to the last. */
export const GUESS_POINTS = 5;
/** Top of the scale on which they are set. */
export const GUESS_MOST = 200;
/** Of the run, from which on the distance is said. */
const SAID_FROM = 0.5;

interface Guess {
  readonly values: readonly number[];
  /** Steps of the run that is guessed; null until the guess is kept. */
  readonly steps: number | null;
}

const STORAGE_KEY = 'mlvicx-guess';
const NONE: Guess = { values: Array.from({ length: GUESS_POINTS }, () => GUESS_MOST / 2), steps: null };

/** What is stored, as far as it is a guess. */
export function readGuess(text: string | null | undefined): Guess {
  try {
    const { values, steps } = Object(JSON.parse(text ?? 'null')) as Partial<Record<keyof Guess, unknown>>;
    const whole = Array.isArray(values) && values.length === GUESS_POINTS && values.every(Number.isFinite);
    return whole ? { values, steps: Number.isInteger(steps) ? Number(steps) : null } : NONE;
  } catch {
    return NONE;
  }
}

function stored(): string | null {
  try {
    return globalThis.localStorage?.getItem(STORAGE_KEY) ?? null;
  } catch {
    return null;
  }
}

export const useGuess = create<Guess>()(() => readGuess(stored()));

useGuess.subscribe((guess) => {
  try {
    globalThis.localStorage?.setItem(STORAGE_KEY, JSON.stringify(guess));
  } catch {
    // Then it lasts as long as the tab.
  }
});

export function setPoint(point: number, value: number): void {
  const bounded = Math.min(GUESS_MOST, Math.max(0, Math.round(value)));
  useGuess.setState(({ values }) => ({ values: values.with(point, bounded) }));
}

/** From now on it lies over the curve. */
export const keepGuess = (steps: number): void => useGuess.setState({ steps });

export const guessAgain = (): void => useGuess.setState({ steps: null });

/** Between its points the guess is a straight line. */
function valueAt({ values }: Guess, share: number): number {
  const place = share * (GUESS_POINTS - 1);
  const before = Math.min(GUESS_POINTS - 2, Math.floor(place));
  return values[before]! + (place - before) * (values[before + 1]! - values[before]!);
}

/** The guess as a curve, a value at every step; null until it is kept. */
export function guessSeries(guess: Guess): Series | null {
  const { steps } = guess;
  if (steps === null) return null;
  const series = new Series();
  for (let step = 0; step < steps; step++) {
    const values = Float64Array.of(valueAt(guess, step / Math.max(1, steps - 1)));
    series.append({ step, activeSeconds: step, values }, [GUESSED]);
  }
  return series;
}

export interface Distance {
  /** Mean distance of guess and run over the steps that were taken. */
  readonly mean: number;
  /** The same as a share of how far the run fell. */
  readonly share: number;
}

/** Null before the run has gone half way. */
export function guessDistance(guess: Guess, run: Series = liveSeries()): Distance | null {
  const { steps } = guess;
  if (steps === null || run.length < SAID_FROM * steps) return null;
  let [sum, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < run.length; i++) {
    const value = run.value(GUESSED, i);
    sum += Math.abs(value - valueAt(guess, run.steps.at(i) / Math.max(1, steps - 1)));
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const mean = sum / run.length;
  return { mean, share: mean / Math.max(1e-9, high - low) };
}
