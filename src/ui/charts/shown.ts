// What the charts show: the method whose terms they have, and the runs that lie in them.

import type { MethodName } from '../../methods/records.ts';
import { liveSeries } from '../../store/curves/series.ts';
import { guessSeries, useGuess } from '../../store/lessons/guess.ts';
import { useLanguage } from '../../store/page/language.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useRecorded } from '../../store/run/recorded.ts';
import { useResume } from '../../store/run/resume.ts';
import { liveRun, pinnedRuns, type Run, useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { WORDS } from '../../words/words.ts';
import { runColour } from '../shell/theme.ts';
import type { ShownRun } from './chartView.ts';

/** The theme's first run colour is ink, which is the live run's. */
export const outerColour = ({ colour }: Pick<Run, 'colour'>): string => runColour(1 + (colour % 7));

export function shownRuns(): readonly ShownRun[] {
  const own = liveRun();
  const { status, runConfig } = useSession.getState();
  const { config: recorded, stepsPerEpoch } = useRecorded.getState();
  const live: ShownRun = {
    id: 'live',
    name: recorded ? 'Recorded run' : (own?.name ?? 'This run'),
    series: liveSeries(),
    colour: null,
    batchSize: (recorded ?? own?.config ?? runConfig)?.batchSize,
    stepsPerEpoch: recorded ? stepsPerEpoch : status.stepsPerEpoch || own?.stepsPerEpoch,
  };
  const pinned = pinnedRuns().map((run) => ({
    id: run.id,
    name: run.name,
    series: run.series,
    colour: outerColour(run),
    batchSize: run.config.batchSize,
    stepsPerEpoch: run.stepsPerEpoch,
  }));
  return [live, ...pinned.filter(({ series }) => series !== live.series), ...guessRun()];
}

/** Made once for each guess, as charts ask for it with every drawing. */
let guess: { of: ReturnType<typeof useGuess.getState>; run: readonly ShownRun[] } | null = null;

/** What a student expects, over the curve that is guessed; none where nothing was guessed. */
function guessRun(): readonly ShownRun[] {
  const of = useGuess.getState();
  if (guess?.of !== of) {
    const series = guessSeries(of);
    const name = WORDS[useLanguage.getState().language].page.guess;
    guess = { of, run: series ? [{ id: 'guess', name, series, colour: runColour(3) }] : [] };
  }
  return guess.run;
}

export function useShownMethod(): MethodName {
  const recorded = useRecorded((state) => state.config?.method);
  const watched = useResume((state) => state.watched?.config.method);
  const prepared = useSession((state) => state.runConfig?.method);
  const shown = useRuns(({ runs, liveId }) => runs.find(({ id }) => id === liveId)?.config.method);
  const draft = useSettings((state) => state.draft.method);
  return recorded ?? watched ?? prepared ?? shown ?? draft;
}
