// A curve minus the same curve of another run, as a column that follows both. They meet where the x axis puts them: at the same
// step, or where they have seen as many films, with straight lines between the other run's logged steps. Where it has none
// there is no difference.

import { Column } from './column.ts';
import type { Place } from './places.ts';
import type { Series } from './series.ts';

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
