// What all charts share: the zoomed window, whether it follows the run, smoothing, log axis, raw or weighted
// terms, what the x axis counts, switched-off curves and the step under the pointer. New data never touches any of it.
// How axes and curves are drawn is remembered in this browser; windows, curves and the run compared with are not.

import { create } from 'zustand';
import { X_UNIT_NAMES, type XUnit } from './places.ts';
import { MAX_SMOOTHING } from './series.ts';

/** Steps, both ends included. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

export interface ChartsState {
  /** Null shows the whole run. */
  readonly range: StepRange | null;
  /** Keep the width of the window and move it with the newest step. */
  readonly follow: boolean;
  readonly smoothing: number;
  readonly logY: boolean;
  readonly weighted: boolean;
  /** What the x axis counts. */
  readonly unit: XUnit;
  readonly logX: boolean;
  /** The y axis follows what most values do; a spike may leave the chart, and the chart says so. */
  readonly withoutOutliers: boolean;
  /** The pinned run that every curve is drawn as the difference to. */
  readonly differenceTo: string | null;
  /** Keys of curves that are switched off. */
  readonly hidden: ReadonlySet<string>;
  readonly hovered: number | null;
}

const STORAGE_KEY = 'mlvicx-charts';
const REMEMBERED = ['smoothing', 'logY', 'weighted', 'unit', 'logX', 'withoutOutliers'] as const;
type Remembered = Pick<ChartsState, (typeof REMEMBERED)[number]>;

const FIRST_VISIT: Remembered = {
  smoothing: 0.8,
  logY: false,
  weighted: false,
  unit: 'step',
  logX: false,
  withoutOutliers: false,
};

/** What another version or another hand has stored is taken as far as it is of the right kind. */
export function readRemembered(text: string | null | undefined): Remembered {
  try {
    const stored = Object(JSON.parse(text ?? 'null')) as Partial<Record<keyof Remembered, unknown>>;
    const flag = (key: 'logY' | 'weighted' | 'logX' | 'withoutOutliers') =>
      typeof stored[key] === 'boolean' ? stored[key] : FIRST_VISIT[key];
    const { smoothing } = stored;
    const weight = typeof smoothing === 'number' && smoothing >= 0 && smoothing <= MAX_SMOOTHING;
    return {
      smoothing: weight ? smoothing : FIRST_VISIT.smoothing,
      logY: flag('logY'),
      weighted: flag('weighted'),
      unit: X_UNIT_NAMES.find((name) => name === stored.unit) ?? FIRST_VISIT.unit,
      logX: flag('logX'),
      withoutOutliers: flag('withoutOutliers'),
    };
  } catch {
    return FIRST_VISIT;
  }
}

function storedText(): string | null {
  try {
    return globalThis.localStorage?.getItem(STORAGE_KEY) ?? null;
  } catch {
    return null;
  }
}

export const useCharts = create<ChartsState>()(() => ({
  ...readRemembered(storedText()),
  range: null,
  follow: false,
  differenceTo: null,
  hidden: new Set<string>(),
  hovered: null,
}));

useCharts.subscribe((state, before) => {
  if (REMEMBERED.every((key) => state[key] === before[key])) return;
  try {
    const kept = Object.fromEntries(REMEMBERED.map((key) => [key, state[key]]));
    globalThis.localStorage?.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch {
    // Storage may be full or forbidden; the choice then lives as long as the tab.
  }
});

/** Zooms all charts to whole steps; a window of less than two steps is ignored. */
export function zoomTo(from: number, to: number): void {
  const range = { from: Math.max(0, Math.round(Math.min(from, to))), to: Math.round(Math.max(from, to)) };
  if (range.to - range.from >= 1) useCharts.setState({ range, follow: false });
}

export const resetZoom = (): void => useCharts.setState({ range: null, follow: false });

export const setFollow = (follow: boolean): void => useCharts.setState({ follow });

export const setSmoothing = (weight: number): void =>
  useCharts.setState({ smoothing: Math.min(MAX_SMOOTHING, Math.max(0, weight)) });

export const setLogY = (logY: boolean): void => useCharts.setState({ logY });

export const setWeighted = (weighted: boolean): void => useCharts.setState({ weighted });

export const setUnit = (unit: XUnit): void => useCharts.setState({ unit });

export const setLogX = (logX: boolean): void => useCharts.setState({ logX });

export const setWithoutOutliers = (withoutOutliers: boolean): void => useCharts.setState({ withoutOutliers });

/** Every curve as its difference to that run; null for the curves themselves. */
export const setDifferenceTo = (differenceTo: string | null): void => useCharts.setState({ differenceTo });

export const hoverStep = (hovered: number | null): void => useCharts.setState({ hovered });

export function toggleCurve(key: string): void {
  const hidden = new Set(useCharts.getState().hidden);
  if (!hidden.delete(key)) hidden.add(key);
  useCharts.setState({ hidden });
}

/** The steps that the charts show when the run spans first..last. */
export function shownRange(
  state: Pick<ChartsState, 'range' | 'follow'>,
  first: number,
  last: number,
): StepRange {
  const { range, follow } = state;
  if (!range) return { from: first, to: Math.max(last, first + 1) };
  if (!follow) return range;
  const width = range.to - range.from;
  const to = Math.max(last, first + width);
  return { from: to - width, to };
}
