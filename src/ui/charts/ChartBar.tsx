// The controls that all charts share: raw or weighted terms, smoothing, axes (ChartAxes), the zoomed window, and the
// export of everything that was logged.

import { Button, SegmentedControl, Slider, Switch } from '@mantine/core';
import { IconDownload, IconPlayerTrackNext, IconZoomReset } from '@tabler/icons-react';
import {
  resetZoom,
  setFollow,
  setLogY,
  setSmoothing,
  setWeighted,
  useCharts,
} from '../../store/curves/charts.ts';
import { liveSeries, MAX_SMOOTHING } from '../../store/curves/series.ts';
import { seriesCsv } from '../../store/run/export.ts';
import { liveRun, useRuns } from '../../store/run/runs.ts';
import { fileName, saveText } from '../shell/download.ts';
import shared from '../shell/shared.module.css';
import { ChartAxes } from './ChartAxes.tsx';
import styles from './charts.module.css';

/** The slider moves evenly in the length of the average's memory, 1 / (1 - weight) steps, on a log scale. */
const SLIDER_END = 100;
const MAX_MEMORY = 1 / (1 - MAX_SMOOTHING);
const toWeight = (slider: number) => 1 - MAX_MEMORY ** (-slider / SLIDER_END);
const toSlider = (weight: number) => (-Math.log(1 - weight) / Math.log(MAX_MEMORY)) * SLIDER_END;

function saveCurves(): void {
  saveText(`${fileName(liveRun()?.name ?? 'run')}.csv`, seriesCsv(liveSeries()), 'text/csv');
}

function Smoothing() {
  const smoothing = useCharts((state) => state.smoothing);
  return (
    <div className={shared.control}>
      <span id="smoothing-label">Smoothing</span>
      <Slider
        data-testid="smoothing"
        aria-labelledby="smoothing-label"
        thumbProps={{ 'aria-labelledby': 'smoothing-label' }}
        w={96}
        size={3}
        thumbSize={12}
        min={0}
        max={SLIDER_END}
        step={1}
        label={null}
        value={Math.round(toSlider(smoothing))}
        onChange={(slider) => setSmoothing(toWeight(slider))}
      />
      <span className={`num dim ${styles.smoothingValue}`}>
        {smoothing === 0 ? 'off' : smoothing.toFixed(3)}
      </span>
    </div>
  );
}

function Window() {
  const range = useCharts((state) => state.range);
  const follow = useCharts((state) => state.follow);
  return (
    <div className={shared.control}>
      <Button
        variant={follow ? 'light' : 'subtle'}
        color="gray"
        size="compact-xs"
        disabled={!range}
        aria-pressed={follow}
        leftSection={<IconPlayerTrackNext size={13} />}
        onClick={() => setFollow(!follow)}
      >
        Follow
      </Button>
      <Button
        data-testid="zoom-reset"
        variant="subtle"
        color="gray"
        size="compact-xs"
        disabled={!range}
        leftSection={<IconZoomReset size={13} />}
        onClick={resetZoom}
      >
        Whole run
      </Button>
    </div>
  );
}

export function ChartBar() {
  const logY = useCharts((state) => state.logY);
  const weighted = useCharts((state) => state.weighted);
  const started = useRuns((state) => state.liveId !== null);
  return (
    <div className={shared.bar}>
      <SegmentedControl
        size="xs"
        aria-label="Terms"
        data={[
          { value: 'raw', label: 'Raw' },
          { value: 'weighted', label: 'Weighted' },
        ]}
        value={weighted ? 'weighted' : 'raw'}
        onChange={(value) => setWeighted(value === 'weighted')}
      />
      <Smoothing />
      <Switch
        data-testid="log-y"
        size="xs"
        label="Log y"
        checked={logY}
        onChange={(event) => setLogY(event.currentTarget.checked)}
      />
      <ChartAxes />
      <span className="spring" />
      <Window />
      <Button
        data-testid="export-csv"
        variant="default"
        size="compact-xs"
        leftSection={<IconDownload size={13} />}
        disabled={!started}
        onClick={saveCurves}
      >
        CSV
      </Button>
    </div>
  );
}
