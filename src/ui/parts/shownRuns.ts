// The runs that charts draw: the live one first, then the pinned ones with their outer colours.

import { liveRun, pinnedRuns } from '../../store/runs.ts';
import { liveSeries } from '../../store/series.ts';
import { runColour } from '../theme.ts';
import type { ShownRun } from './chartView.ts';

export function shownRuns(): readonly ShownRun[] {
  const live: ShownRun = {
    id: 'live',
    name: liveRun()?.name ?? 'This run',
    series: liveSeries(),
    colour: null,
  };
  const pinned = pinnedRuns().map(({ id, name, series, colour }) => ({
    id,
    name,
    series,
    colour: runColour(colour),
  }));
  return [live, ...pinned.filter(({ series }) => series !== live.series)];
}
