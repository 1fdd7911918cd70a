// The middle column while training: the total first, the terms of every head, the five levels, and the whole run in a
// strip at the foot. Layout only; every chart draws itself from the stores.

import { Switch } from '@mantine/core';
import { useViewportSize } from '@mantine/hooks';
import { Fragment, useState } from 'react';
import { LEVELS } from '../../methods/record/statistics.ts';
import { METHODS, type MethodName } from '../../methods/records.ts';
import { useCharts } from '../../store/curves/charts.ts';
import { isHidden, useLayout } from '../../store/page/layout.ts';
import { formatCount } from '../../util/format.ts';
import { Term } from '../lessons/Entry.tsx';
import { FirstVisit } from '../lessons/FirstVisit.tsx';
import shared from '../shell/shared.module.css';
import { useBeginWords } from '../shell/statusWords.ts';
import { ChartBar } from './ChartBar.tsx';
import chartStyles from './charts.module.css';
import { chartsOf, LEVEL_ROWS, type QuantityChart, RATE_CURVES, SPEED_CURVES } from './curveSpecs.ts';
import { QuantityName, TotalName } from './Explain.tsx';
import { MetricChart } from './MetricChart.tsx';
import { OverviewChart } from './OverviewChart.tsx';
import { useShownMethod } from './shown.ts';
import styles from './TrainView.module.css';

/** Heights for a screen of 900 px, stretched on larger ones so that nothing needs scrolling. */
const DESIGN_HEIGHT = 900;
/** Before a projector levels and side charts are left away, and the curves have their place. */
const PROJECTED = 1.75;
function useStretch(): (height: number) => number {
  const { height } = useViewportSize();
  const projected = useLayout(({ projector }) => (projector ? PROJECTED : 1));
  const factor = projected * Math.min(1.7, Math.max(1, height / DESIGN_HEIGHT));
  return (designed) => Math.round(designed * factor);
}

function QuantityRow({ method, charts }: { method: MethodName; charts: readonly QuantityChart[] }) {
  const stretched = useStretch();
  const weighted = useCharts((state) => state.weighted);
  return (
    <div className={chartStyles.termRow}>
      {charts.map(({ name, quantity, trained, raw, weighted: shares }) => (
        <MetricChart
          key={`${method}-${name}`}
          testId={`chart-${name}`}
          title={weighted && trained ? `${quantity.label}, weighted` : quantity.label}
          heading={<QuantityName name={name} quantity={quantity} />}
          curves={weighted ? shares : raw}
          height={stretched(118)}
        />
      ))}
    </div>
  );
}

/** The terms of the loss, and the statistics of the embeddings where the loss is not made of them. */
export function TermCharts() {
  const method = useShownMethod();
  const { quantities } = chartsOf(method);
  const measured = quantities.filter(({ trained }) => !trained);
  return (
    <>
      <QuantityRow method={method} charts={quantities.filter(({ trained }) => trained)} />
      {measured.length > 0 && (
        <>
          <div className={styles.sectionHead}>
            <h3 className={chartStyles.chartTitle}>Embeddings</h3>
            <span className="dim">the statistics of VICReg; measured, not optimised</span>
          </div>
          <QuantityRow method={method} charts={measured} />
        </>
      )}
    </>
  );
}

export function LevelCharts() {
  const [shared, setShared] = useState(true);
  const stretched = useStretch();
  return (
    <>
      <div className={styles.sectionHead}>
        <h3 className={chartStyles.chartTitle}>Levels</h3>
        <span className="dim">the same statistics on each encoder level; measured, not optimised</span>
        <span className="spring" />
        <Switch
          size="xs"
          label="One scale per row"
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
      </div>
      <div className={chartStyles.levels}>
        <span />
        {LEVELS.map((level) => (
          <span key={level} className={styles.levelsHead}>
            {level}
          </span>
        ))}
        {LEVEL_ROWS.map(({ name, quantity, metrics, cells }, row) => (
          <Fragment key={name}>
            <QuantityName name={name} quantity={quantity} />
            {cells.map(({ title, curves }) => (
              <MetricChart
                key={title}
                title={title}
                heading={null}
                curves={curves}
                height={stretched(57) + (row === LEVEL_ROWS.length - 1 ? 12 : 0)}
                bare={row < LEVEL_ROWS.length - 1}
                small
                side
                scaleWith={shared ? metrics : undefined}
              />
            ))}
          </Fragment>
        ))}
      </div>
    </>
  );
}

export function TotalChart() {
  const stretched = useStretch();
  const nothing = useBeginWords();
  const method = useShownMethod();
  return (
    <MetricChart
      testId="chart-total"
      title="Total"
      heading={
        <span className={shared.control}>
          <TotalName />
          <StepNote otherwise={METHODS[method].total.formula} />
        </span>
      }
      curves={chartsOf(method).total}
      height={stretched(158)}
      labels
      nothing={nothing}
    />
  );
}

export function TrainView() {
  const projector = useLayout((layout) => layout.projector);
  const levels = !useLayout(isHidden('levels')) && !projector;
  return (
    <section className={shared.view} aria-label="Curves">
      <ChartBar />
      <div className={shared.scroll}>
        <FirstVisit />
        <TotalChart />
        <TermCharts />
        {levels && <LevelCharts />}
        {!projector && <SideCharts />}
      </div>
      <footer className={shared.foot}>
        <OverviewChart />
      </footer>
    </section>
  );
}

function SideCharts() {
  const stretched = useStretch();
  return (
    <div className={styles.pairRow}>
      <MetricChart
        title="Learning rate"
        heading={
          <span className={chartStyles.chartTitle}>
            <Term id="rate">Learning rate</Term>
          </span>
        }
        curves={RATE_CURVES}
        side
        height={stretched(68)}
      />
      <MetricChart
        title="Throughput"
        heading={<span className={chartStyles.chartTitle}>Throughput</span>}
        curves={SPEED_CURVES}
        side
        height={stretched(68)}
      />
    </div>
  );
}

function StepNote({ otherwise }: { otherwise: string }) {
  const hovered = useCharts((state) => state.hovered);
  const range = useCharts((state) => state.range);
  const follow = useCharts((state) => state.follow);
  const zoomed = range
    ? follow
      ? `the last ${formatCount(range.to - range.from)} steps`
      : `steps ${formatCount(range.from)}–${formatCount(range.to)}`
    : otherwise;
  return (
    <span className={`num dim ${chartStyles.stepNote}`}>
      {hovered === null ? zoomed : `step ${formatCount(hovered)}`}
    </span>
  );
}
