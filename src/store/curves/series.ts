// The curves of a run, kept outside React: one column per metric, every logged value, appended and never thinned.
// The live series is replaced when a run starts anew; listeners hear of changes at most ten times a second. Columns that follow
// others are here too: a moving average, and the difference to another run. Decimation for display is in decimate.ts.

import type { MetricName, StepSample } from '../../protocol/metrics.ts';
import type { MarkKind } from '../../protocol/vault.ts';
import { Column } from './column.ts';
import type { Place } from './places.ts';

export type MarkerKind = MarkKind;

/** Something that happened at a step and is worth a tick on the time axis. */
export interface Marker {
  readonly step: number;
  readonly kind: MarkerKind;
  readonly text: string;
}

const numbers = new WeakMap<Series, number>();
let counted = 0;

/** Tells series apart in the keys of what follows them. */
function numberOf(series: Series): number {
  let number = numbers.get(series);
  if (number === undefined) {
    number = counted++;
    numbers.set(series, number);
  }
  return number;
}

export class Series {
  readonly #columns = new Map<MetricName, Column>();
  /** Columns that follow others: one of each kind and metric, as all charts share their options. */
  readonly #followers = new Map<string, { key: string; follower: { follow(): Column } }>();
  readonly steps = new Column();
  readonly activeSeconds = new Column();
  readonly markers: Marker[] = [];

  /** The metrics of the run in the order of its samples; none before the first. */
  #metrics: readonly MetricName[] = [];

  get metrics(): readonly MetricName[] {
    return this.#metrics;
  }

  get length(): number {
    return this.steps.length;
  }

  get firstStep(): number {
    return this.length ? this.steps.at(0) : 0;
  }

  get lastStep(): number {
    return this.length ? this.steps.at(this.length - 1) : 0;
  }

  /** All values of a metric; a metric that the run does not have was measured at no step. */
  column(name: MetricName): Column {
    let column = this.#columns.get(name);
    if (!column) {
      column = new Column();
      for (let i = 0; i < this.length; i++) column.push(Number.NaN);
      this.#columns.set(name, column);
    }
    return column;
  }

  /** The metric's moving average. */
  smoothed(name: MetricName, options: SmoothingOptions): Column {
    const key = `${options.weight}:${options.log}`;
    return this.#followed(`smooth ${name}`, key, () => new SmoothedColumn(this.column(name), options));
  }

  /** The metric, smoothed where `weight` is above 0, minus that of another run where it stood at the same place. */
  difference(name: MetricName, place: Place, reference: Reference, weight = 0, unit = 'step'): Column {
    const of = (series: Series) => () =>
      weight > 0 ? series.smoothed(name, { weight, log: false }) : series.column(name);
    const key = `${weight}:${unit}:${numberOf(reference.series)}:${reference.series.length}`;
    const kind = weight > 0 ? 'smooth' : 'raw';
    return this.#followed(`${kind} difference ${name}`, key, () => {
      return new DifferenceColumn(this, of(this), place, reference, of(reference.series));
    });
  }

  #followed(kind: string, key: string, make: () => { follow(): Column }): Column {
    let entry = this.#followers.get(kind);
    if (entry?.key !== key) {
      entry = { key, follower: make() };
      this.#followers.set(kind, entry);
    }
    return entry.follower.follow();
  }

  /** A step that is already there means the run went back to it: what came after belongs to a past that is gone. */
  append(sample: StepSample, metrics: readonly MetricName[]): void {
    this.#metrics = metrics;
    if (this.length && sample.step <= this.lastStep) this.#rewind(this.lowerBound(sample.step));
    metrics.forEach((name, i) => {
      this.column(name).push(sample.values[i] ?? Number.NaN);
    });
    this.steps.push(sample.step);
    this.activeSeconds.push(sample.activeSeconds);
    // Asked for by a chart, but none of the run's.
    for (const column of this.#columns.values()) if (column.length < this.length) column.push(Number.NaN);
  }

  /** Forgets the rows from `step` on. */
  rewind(step: number): void {
    if (this.length && step <= this.lastStep) this.#rewind(this.lowerBound(step));
  }

  /** Index of the first row whose step is not below `step`; `length` when there is none. */
  lowerBound(step: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps.at(middle) < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the row whose step is closest, or -1 when there are no rows. */
  nearest(step: number): number {
    const after = this.lowerBound(step);
    if (after === 0) return this.length ? 0 : -1;
    if (after === this.length) return this.length - 1;
    return this.steps.at(after) - step < step - this.steps.at(after - 1) ? after : after - 1;
  }

  value(name: MetricName, index: number): number {
    return this.column(name).at(index);
  }

  /** The newest finite value, or null. */
  latest(name: MetricName): number | null {
    return this.latestUpTo(name, this.length - 1);
  }

  /** The newest finite value among the rows up to this one, a few dozen back at most; or null. */
  latestUpTo(name: MetricName, index: number): number | null {
    const column = this.column(name);
    for (let i = Math.min(index, column.length - 1); i >= Math.max(0, index - 63); i--) {
      if (Number.isFinite(column.at(i))) return column.at(i);
    }
    return null;
  }

  #rewind(length: number): void {
    this.steps.truncate(length);
    this.activeSeconds.truncate(length);
    for (const column of this.#columns.values()) column.truncate(length);
    this.#followers.clear();
  }
}

const NOTIFY_MS = 100;
const listeners = new Set<() => void>();
let live = new Series();
let timer: ReturnType<typeof setTimeout> | null = null;
let lastNotice = 0;

function notify(): void {
  if (timer !== null) return;
  const wait = Math.min(NOTIFY_MS, Math.max(0, lastNotice + NOTIFY_MS - Date.now()));
  timer = setTimeout(() => {
    timer = null;
    lastNotice = Date.now();
    for (const listener of listeners) listener();
  }, wait);
}

/** The series of the run at hand. */
export const liveSeries = (): Series => live;

/** `metrics` are those of the run. */
export function appendSamples(samples: readonly StepSample[], metrics: readonly MetricName[]): void {
  for (const sample of samples) live.append(sample, metrics);
  if (samples.length) notify();
}

export function addMarker(marker: Marker): void {
  live.markers.push(marker);
  notify();
}

/** The run went back to `step`. */
export function rewindSeries(step: number): void {
  live.rewind(step);
  notify();
}

/** Begins a new series; the old one lives on with whoever holds it, such as the list of runs. */
export function resetSeries(): void {
  live = new Series();
  notify();
}

/** Shows this series in place of the one at hand, which is handed back to be shown again later. */
export function exchangeSeries(shown: Series): Series {
  const before = live;
  live = shown;
  notify();
  return before;
}

/** Calls back at most ten times a second after changes. Returns the way to stop. */
export function subscribeSeries(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

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

/** The other run of a difference. */
export interface Reference {
  readonly series: Series;
  readonly place: Place;
}

/** The value of a column at a step that may lie between two logged ones; NaN outside what was logged. */
export function valueAt(series: Series, column: Column, step: number): number {
  const after = series.lowerBound(step);
  if (after >= series.length) return Number.NaN;
  const reached = series.steps.at(after);
  if (reached === step) return column.at(after);
  if (after === 0) return Number.NaN;
  const before = series.steps.at(after - 1);
  const share = (step - before) / (reached - before);
  return column.at(after - 1) + share * (column.at(after) - column.at(after - 1));
}

export class DifferenceColumn {
  readonly column = new Column();
  readonly #at: (index: number) => number;
  readonly #length: () => number;

  /** @param own the curve of `series`; @param other that of the reference */
  constructor(series: Series, own: () => Column, place: Place, reference: Reference, other: () => Column) {
    this.#length = () => own().length;
    this.#at = (index) => {
      const step = reference.place.step(place.at(series.steps.at(index)));
      // Steps come back from a scale with the last bits of a division in them.
      const near = Math.round(step);
      const there = Math.abs(step - near) < 1e-6 ? near : step;
      return own().at(index) - valueAt(reference.series, other(), there);
    };
  }

  /** Catches up with the curve, which has only grown since the last call. */
  follow(): Column {
    const length = this.#length();
    for (let i = this.column.length; i < length; i++) this.column.push(this.#at(i));
    return this.column;
  }
}
