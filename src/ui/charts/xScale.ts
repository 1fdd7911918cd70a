// The x axis of a chart: where the steps of each run lie in it, linear or by powers, and the round numbers below it. All runs
// of a chart share it; windows and the pointer speak of the steps of the first run. Pure arithmetic.

import type { StepRange } from '../../store/curves/charts.ts';
import { type Paced, type Place, placeOf, X_UNITS, type XUnit } from '../../store/curves/places.ts';
import { formatCount } from '../../util/format.ts';
import { linearTicks, logTicks, tickLabel } from './chartAxes.ts';

export interface XScale {
  readonly unit: XUnit;
  readonly log: boolean;
  /** What stands at the axis, with the unit of time. */
  readonly label: string;
  /** In the unit of the axis. */
  readonly from: number;
  readonly to: number;
  /** The runs that can be placed, by their index among those asked for. */
  readonly places: readonly (Place | null)[];
  /** Horizontal place of a step of a run, 0 at the left end and 1 at the right; outside that beyond them. */
  share(step: number, run?: number): number;
  /** The step of the first run at a place, which may be a fraction. */
  stepAt(share: number): number;
}

interface Wanted {
  readonly unit: XUnit;
  readonly log: boolean;
}

/** Each run on the axis; the first run that is placed is the one whose steps windows are counted in. */
export function placesOf(runs: readonly Paced[], unit: XUnit): { unit: XUnit; places: (Place | null)[] } {
  const places = runs.map((run) => placeOf(run, unit));
  const first = runs.findIndex(({ series }) => series.length > 0);
  // A first run that does not know its epochs has steps all the same.
  if (unit !== 'step' && !places[Math.max(0, first)])
    return { unit: 'step', places: runs.map((run) => placeOf(run, 'step')) };
  return { unit, places };
}

/** Seconds, minutes or hours, whichever gives short numbers. */
function clock(span: number): { readonly name: string; readonly seconds: number } {
  if (span > 3 * 3600) return { name: 'h', seconds: 3600 };
  return span > 180 ? { name: 'min', seconds: 60 } : { name: 's', seconds: 1 };
}

export function xScaleOf(
  window: StepRange,
  first: number,
  { unit, log }: Wanted,
  places: readonly (Place | null)[],
): XScale {
  const own = places[first]!;
  // On a log axis step 0 has no place; the axis begins with the step after it.
  const from = log && own.at(window.from) <= 0 ? own.at(window.from + 1) : own.at(window.from);
  const end = own.at(window.to);
  const to = end > from ? end : log ? from * 2 : from + 1;
  const [low, width] = log ? [Math.log(from), Math.log(to / from)] : [from, to - from];
  return {
    unit,
    log,
    from,
    to,
    places,
    label: unit === 'time' ? `time, ${clock(to).name}` : X_UNITS[unit].axis,
    share: (step, run = first) => {
      const at = (places[run] ?? own).at(step);
      return log ? (Math.log(Math.max(at, from * 1e-9)) - low) / width : (at - low) / width;
    },
    stepAt: (share) => own.step(log ? Math.exp(low + share * width) : low + share * width),
  };
}

export interface XTick {
  /** Share of the width. */
  readonly at: number;
  readonly text: string;
}

/** Pixels that a tick's label may reach beyond the plot, the width of one of its characters, and the least between two. */
const TICK_OVERHANG = 10;
const TICK_CHARACTER = 6.4;
const TICK_GAP = 8;
/** How many more ticks are tried where too few fit. */
const MORE_TICKS = 3;

/** The round numbers below the axis, none whose label would be cut off or touch another's; two at least, where two fit. */
export function xTicks(scale: Pick<XScale, 'unit' | 'log' | 'from' | 'to'>, width: number): XTick[] {
  const { unit, log, from, to } = scale;
  const whole = unit === 'step' || unit === 'films';
  const by = unit === 'time' ? clock(to).seconds : 1;
  const text = (value: number) => (whole && value < 1e6 ? formatCount(value) : tickLabel(value));
  const share = (value: number) =>
    log ? Math.log((value * by) / from) / Math.log(to / from) : (value * by - from) / (to - from);
  const reach = (value: number) => (text(value).length * TICK_CHARACTER) / 2;
  const left = (value: number) => share(value) * width - reach(value);
  const right = (value: number) => share(value) * width + reach(value);
  const made = (wanted: number) =>
    log ? logTicks(from / by, to / by, wanted) : linearTicks(from / by, to / by, wanted, whole);
  const fitting = (wanted: number) => made(wanted).filter((value) => right(value) <= width + TICK_OVERHANG);
  const apart = (values: readonly number[]) =>
    values.every((value, i) => i === 0 || left(value) - right(values[i - 1]!) >= TICK_GAP);
  const count = Math.max(2, Math.min(10, Math.floor(width / 80)));
  let ticks = fitting(count);
  for (let more = 1; ticks.length < 2 && more <= MORE_TICKS; more++) {
    const closer = fitting(count + more);
    if (closer.length > 1 && apart(closer)) ticks = closer;
  }
  // Powers are not evenly spaced: those that touch the one before are left out.
  const kept = log ? ticks.filter((value, i) => i === 0 || apart([ticks[i - 1]!, value])) : ticks;
  return kept.map((value) => ({ at: share(value), text: text(value) }));
}
