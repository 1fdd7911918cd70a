// The app itself, with charts that begin ten thousand steps long: a run of the smoke preset is prepared with the real
// workers, its series is filled with scripted steps, and training goes on from there. Frames are then watched.

import '@mantine/core/styles.css';
import '@fontsource-variable/inter/wght.css';
import '../../src/ui/shell/theme.css';
import { MantineProvider } from '@mantine/core';
import { createRoot } from 'react-dom/client';
import { presetConfig } from '../../src/config/presets.ts';
import { fakeSample } from '../../src/fake/curves.ts';
import { filmAt, filmTable } from '../../src/protocol/dataset.ts';
import { metricNames } from '../../src/protocol/metrics.ts';
import { currentClient } from '../../src/store/client.ts';
import { appendSamples, liveSeries } from '../../src/store/curves/series.ts';
import { useDataset } from '../../src/store/films/dataset.ts';
import { showPart } from '../../src/store/page/learnt.ts';
import { showView, takeConfig } from '../../src/store/page/settings.ts';
import { startSession } from '../../src/store/run/acts.ts';
import { layOut, useFilmMap } from '../../src/store/run/filmMap.ts';
import { useSession } from '../../src/store/session.ts';
import { App } from '../../src/ui/shell/App.tsx';
import { theme } from '../../src/ui/shell/theme.ts';
import { Rng } from '../../src/util/rng.ts';
import { createClient, type PlaygroundClient } from '../../src/worker/client.ts';

export interface FramesSeen {
  readonly frames: number;
  readonly medianMs: number;
  readonly worstMs: number;
  /** Intervals between frames over 50 ms. */
  readonly slowFrames: number;
  /** Tasks of the page's own thread over 50 ms. */
  readonly longTasks: number;
  readonly longestTaskMs: number;
  readonly stepsTrained: number;
  /** Charts on the page that hold curves, and the points each has to draw from. */
  readonly charts: number;
  readonly points: number;
}

/** Steps that are there before the first trained one. */
const BEFORE = 10_000;

/** The real client, whose steps are counted on from those that were filled in. */
function shiftedClient(): PlaygroundClient {
  const client = createClient();
  const open: PlaygroundClient['engine']['open'] = (onEvent) =>
    client.engine.open((event) => {
      if (event.type !== 'samples') return onEvent(event);
      const samples = event.samples.map((sample) => ({ ...sample, step: sample.step + BEFORE }));
      onEvent({ ...event, samples });
    });
  // Calls are made up as they are asked for: nothing to spread.
  const engine = new Proxy(client.engine, {
    get: (target, name) => (name === 'open' ? open : Reflect.get(target, name)),
  });
  return { ...client, engine };
}

function fillSeries(): void {
  const config = presetConfig('smoke');
  const setting = {
    config,
    totalSteps: BEFORE,
    imagesPerSecond: 40,
    collapse: false,
  };
  const samples = Array.from({ length: BEFORE }, (_, step) => fakeSample(step, setting));
  appendSamples(samples, metricNames(config));
}

/** Watches frames for `seconds` of training. */
async function watch(seconds: number): Promise<FramesSeen> {
  const intervals: number[] = [];
  const tasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  });
  observer.observe({ type: 'longtask' });
  const trainedBefore = liveSeries().length;
  const end = performance.now() + 1000 * seconds;
  await new Promise<void>((resolve) => {
    let last = performance.now();
    const tick = (now: number) => {
      intervals.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(tick);
      else resolve();
    };
    requestAnimationFrame(tick);
  });
  observer.disconnect();
  const sorted = intervals.slice(1).sort((a, b) => a - b);
  return {
    frames: sorted.length,
    medianMs: sorted[sorted.length >> 1] ?? 0,
    worstMs: sorted.at(-1) ?? 0,
    slowFrames: sorted.filter((ms) => ms > 50).length,
    longTasks: tasks.length,
    longestTaskMs: Math.max(0, ...tasks),
    stepsTrained: liveSeries().length - trainedBefore,
    charts: [...document.querySelectorAll<HTMLElement>('main svg.recharts-surface')].filter((chart) =>
      chart.checkVisibility(),
    ).length,
    points: liveSeries().length,
  };
}

/** Leaves so many charts on the page, those of the loss first. */
function leaveCharts(count: number): void {
  const charts = [...document.querySelectorAll<HTMLElement>('main [data-testid^=chart-]')];
  for (const chart of charts.slice(count)) chart.hidden = true;
}

/** Films of the map. */
const ON_MAP = 10_000;
const DIMENSIONS = 64;
const GROUPS = 12;

/** Opens a map of as many films around a few centres, laid out by the map's own worker; their rows are those of the set over and over. */
async function showMap(): Promise<void> {
  const { summary } = useDataset.getState();
  const known = summary!.filmTable;
  const rows = Array.from({ length: ON_MAP }, (_, film) => filmAt(known, film % known.length));
  useDataset.setState({ summary: { ...summary!, filmTable: filmTable(rows) } });
  const rng = new Rng(1, 'synthetic');
  const centres = Float32Array.from({ length: GROUPS * DIMENSIONS }, () => 3 * rng.normal());
  const global = Float32Array.from({ length: ON_MAP * DIMENSIONS }, (_, at) => {
    const group = Math.floor(at / DIMENSIONS) % GROUPS;
    return centres[group * DIMENSIONS + (at % DIMENSIONS)]! + rng.normal();
  });
  const films = Uint32Array.from({ length: ON_MAP }, (_, film) => film);
  await currentClient().map().take({ step: BEFORE, films: films.slice(), now: { global }, start: {} });
  useFilmMap.setState({ step: BEFORE, films, outputs: ['global'] });
  await layOut('pca');
  showPart('map');
  showView('learnt');
}

declare global {
  interface Window {
    frameBench: {
      readonly watch: typeof watch;
      readonly fill: typeof fillSeries;
      readonly leaveCharts: typeof leaveCharts;
      readonly showMap: typeof showMap;
      readonly state: () => { readonly state: string; readonly length: number };
    };
  }
}
window.frameBench = {
  watch,
  fill: fillSeries,
  leaveCharts,
  showMap,
  state: () => ({ state: useSession.getState().status.state, length: liveSeries().length }),
};

// Long enough that the schedule does not end while frames are watched.
takeConfig({ preset: 'smoke', config: { ...presetConfig('smoke'), maxSteps: 100 * BEFORE } });
createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} defaultColorScheme="auto">
    <App />
  </MantineProvider>,
);
void startSession(shiftedClient);
