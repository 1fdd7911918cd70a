// Exponential moving average without the start-up bias, as a column that follows another one.
// Written as a correction towards the new value, so that a constant stays that constant to the last bit.
// On a logarithmic axis the average is taken of the logarithms: a straight line there stays straight.

import { Column } from './column.ts';

/** Weights above this flatten everything and tell nothing. */
export const MAX_SMOOTHING = 0.999;

export interface SmoothingOptions {
  /** Weight of the past, 0 (none) to MAX_SMOOTHING. */
  readonly weight: number;
  readonly log: boolean;
}

export class SmoothedColumn {
  readonly column = new Column();
  readonly #source: Column;
  readonly #options: SmoothingOptions;
  #mean = 0;
  /** weight ^ (number of values seen): the share of the start value still left in a plain average. */
  #left = 1;

  constructor(source: Column, options: SmoothingOptions) {
    this.#source = source;
    this.#options = { ...options, weight: Math.min(MAX_SMOOTHING, Math.max(0, options.weight)) };
  }

  /** Catches up with the source, which has only grown since the last call. */
  follow(): Column {
    for (let i = this.column.length; i < this.#source.length; i++)
      this.column.push(this.#next(this.#source.at(i)));
    return this.column;
  }

  #next(raw: number): number {
    const { weight, log } = this.#options;
    const value = log ? (raw > 0 ? Math.log(raw) : Number.NaN) : raw;
    if (!Number.isFinite(value)) return Number.NaN;
    this.#left *= weight;
    this.#mean += (value - this.#mean) * ((1 - weight) / (1 - this.#left));
    return log ? Math.exp(this.#mean) : this.#mean;
  }
}
