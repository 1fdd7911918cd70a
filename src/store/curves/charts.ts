// What all charts share: the zoomed window, whether it follows the run, smoothing, log axis, raw or weighted
// terms, switched-off curves and the step under the pointer. New data never touches any of it.

import { create } from 'zustand';
import { MAX_SMOOTHING } from './smooth.ts';

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
  /** Keys of curves that are switched off. */
  readonly hidden: ReadonlySet<string>;
  readonly hovered: number | null;
}

export const useCharts = create<ChartsState>()(() => ({
  range: null,
  follow: false,
  smoothing: 0.8,
  logY: false,
  weighted: false,
  hidden: new Set<string>(),
  hovered: null,
}));

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
