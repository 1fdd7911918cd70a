// What the axes of all charts show: the unit of x, powers or not, the range of y, and the run that curves are compared with. It
// opens from the bar over the charts, whose button says what is not as at first.

import { Button, Popover, SegmentedControl, Select, Stack, Switch } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import {
  setDifferenceTo,
  setLogX,
  setLogY,
  setUnit,
  setWithoutOutliers,
  useCharts,
} from '../../store/curves/charts.ts';
import { X_UNIT_NAMES, X_UNITS } from '../../store/curves/places.ts';
import { useRuns } from '../../store/run/runs.ts';
import styles from './charts.module.css';

/** The button's words: what differs from a plain chart over steps. */
function axesWords({
  unit,
  logX,
  withoutOutliers,
  differenceTo,
}: ReturnType<typeof useCharts.getState>): string {
  const words = [
    unit === 'step' ? '' : X_UNITS[unit].label.toLowerCase(),
    logX ? 'log x' : '',
    withoutOutliers ? 'no outliers' : '',
    differenceTo ? 'difference' : '',
  ].filter((word) => word !== '');
  return words.length > 0 ? `Axes: ${words.join(', ')}` : 'Axes';
}

export function ChartAxes() {
  const charts = useCharts();
  const runs = useRuns((state) => state.runs);
  const liveId = useRuns((state) => state.liveId);
  const pinned = runs.filter((run) => run.pinned && run.id !== liveId);
  return (
    <Popover width={320} position="bottom-start" shadow="md" withinPortal trapFocus returnFocus>
      <Popover.Target>
        <Button
          data-testid="chart-axes"
          variant="default"
          size="compact-xs"
          leftSection={<IconAdjustmentsHorizontal size={13} />}
        >
          {axesWords(charts)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <div>
            <span className={styles.axesLabel} id="axes-unit">
              x counts
            </span>
            <SegmentedControl
              size="xs"
              fullWidth
              aria-labelledby="axes-unit"
              data={X_UNIT_NAMES.map((value) => ({ value, label: X_UNITS[value].label }))}
              value={charts.unit}
              onChange={(value) => setUnit(X_UNIT_NAMES.find((name) => name === value) ?? 'step')}
            />
            <span className="dim">{X_UNITS[charts.unit].words}</span>
          </div>
          <Switch
            size="xs"
            label="Log x"
            checked={charts.logX}
            onChange={(event) => setLogX(event.currentTarget.checked)}
          />
          <Switch
            size="xs"
            label="Log y"
            checked={charts.logY && charts.differenceTo === null}
            disabled={charts.differenceTo !== null}
            onChange={(event) => setLogY(event.currentTarget.checked)}
          />
          <Switch
            size="xs"
            label="Leave outliers out of the y axis"
            checked={charts.withoutOutliers}
            onChange={(event) => setWithoutOutliers(event.currentTarget.checked)}
          />
          <Select
            size="xs"
            label="Difference to"
            placeholder={pinned.length > 0 ? 'The curves themselves' : 'Pin a run in Runs first'}
            disabled={pinned.length === 0}
            clearable
            comboboxProps={{ withinPortal: false }}
            data={pinned.map(({ id, name }) => ({ value: id, label: name }))}
            value={pinned.some(({ id }) => id === charts.differenceTo) ? charts.differenceTo : null}
            onChange={setDifferenceTo}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
