// The runs that charts draw: the live one first, then the pinned ones with their outer colours.

import { liveSeries } from '../../store/curves/series.ts';
import { liveRun, pinnedRuns, type Run } from '../../store/run/runs.ts';
import { runColour } from '../shell/theme.ts';
import type { ShownRun } from './chartView.ts';

/** The theme's first run colour is ink, which is the live run's. */
export const outerColour = ({ colour }: Pick<Run, 'colour'>): string => runColour(1 + (colour % 7));

export function shownRuns(): readonly ShownRun[] {
  const live: ShownRun = {
    id: 'live',
    name: liveRun()?.name ?? 'This run',
    series: liveSeries(),
    colour: null,
  };
  const pinned = pinnedRuns().map((run) => ({
    id: run.id,
    name: run.name,
    series: run.series,
    colour: outerColour(run),
  }));
  return [live, ...pinned.filter(({ series }) => series !== live.series)];
}
