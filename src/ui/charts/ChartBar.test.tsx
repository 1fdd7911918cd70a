// @vitest-environment happy-dom
// The bar over the charts and the explanations in them: what is pressed reaches all charts, and the numbers that are put into a
// formula are those of the step under the pointer.

import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { STATISTICS } from '../../methods/record/statistics.ts';
import { metricNames } from '../../protocol/metrics.ts';
import { hoverStep, readRemembered, setSmoothing, useCharts, zoomTo } from '../../store/curves/charts.ts';
import { appendSamples, resetSeries } from '../../store/curves/series.ts';
import { useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { Formula } from '../lessons/Entry.tsx';
import { mount } from '../testPage.tsx';
import { ChartBar } from './ChartBar.tsx';
import { QuantityName, TotalName } from './Explain.tsx';

const CONFIG = presetConfig('smoke');
const charts = () => useCharts.getState();

/** Two steps whose invariance is 0.5 and 0.25 on the global head, weighted by 25 and, changed on the way, by 10. */
function twoSteps(): void {
  const names = metricNames(CONFIG);
  const sample = (step: number, of: Record<string, number>) => ({
    step,
    activeSeconds: step,
    values: Float64Array.from(names, (name) => of[name] ?? 1),
  });
  appendSamples(
    [
      sample(0, { 'global/invariance': 0.5, 'global/weighted-invariance': 12.5 }),
      sample(1, {
        'global/invariance': 0.25,
        'global/weighted-invariance': 2.5,
        'global/total': 8,
        'local/total': 6,
        'loss/total': 11,
      }),
    ],
    names,
  );
}

beforeEach(() => {
  useCharts.setState(useCharts.getInitialState());
  useSession.setState({ ...useSession.getInitialState(), runConfig: CONFIG });
  useRuns.setState(useRuns.getInitialState());
  resetSeries();
});

describe('the bar', () => {
  it('turns all charts at once', () => {
    mount(<ChartBar />);
    fireEvent.click(screen.getByTestId('log-y'));
    fireEvent.click(screen.getByText('Weighted'));
    expect(charts()).toMatchObject({ logY: true, weighted: true });
  });

  it('leads back to the whole run only where a part is shown', () => {
    mount(<ChartBar />);
    const whole = () => screen.getAllByTestId<HTMLButtonElement>('zoom-reset').at(-1)!;
    expect(whole().disabled).toBe(true);
    zoomTo(10, 40);
    mount(<ChartBar />);
    expect(whole().disabled).toBe(false);
    fireEvent.click(screen.getAllByText('Follow').at(-1)!);
    expect(charts()).toMatchObject({ follow: true, range: { from: 10, to: 40 } });
    fireEvent.click(whole());
    expect(charts()).toMatchObject({ follow: false, range: null });
  });

  it('says the weight of the smoothing, or that there is none', () => {
    setSmoothing(0.975);
    mount(<ChartBar />);
    const slider = screen.getByRole('slider');
    expect(slider.getAttribute('aria-valuenow')).not.toBe('0');
    expect(document.body.textContent).toContain('0.975');
    fireEvent.keyDown(slider, { key: 'Home' });
    expect(charts().smoothing).toBe(0);
    expect(document.body.textContent).toContain('Smoothingoff');
  });

  it('opens the axes, and remembers in this browser how they are drawn', () => {
    mount(<ChartBar />);
    fireEvent.click(screen.getByTestId('chart-axes'));
    fireEvent.click(screen.getByText('Films seen'));
    fireEvent.click(screen.getByLabelText('Log x'));
    expect(charts()).toMatchObject({ unit: 'films', logX: true });
    expect(screen.getByTestId('chart-axes').textContent).toBe('Axes: films seen, log x');
    const stored = localStorage.getItem('mlvicx-charts');
    expect(readRemembered(stored)).toMatchObject({ unit: 'films', logX: true, logY: false });
    expect(readRemembered('{"unit":"parsecs","logX":3,"smoothing":7}')).toEqual(readRemembered(null));
    expect(readRemembered('{')).toEqual(readRemembered(null));
  });

  it('exports curves once there are any', () => {
    mount(<ChartBar />);
    expect(screen.getByTestId<HTMLButtonElement>('export-csv').disabled).toBe(true);
  });
});

describe('an explanation', () => {
  const open = (label: string) => fireEvent.click(screen.getByLabelText(`${label}: what it means`));
  const rows = () => [...document.querySelectorAll('table tr')].map(({ textContent }) => textContent);

  it('puts in the numbers of the newest step, with the weight that it had', () => {
    twoSteps();
    mount(<QuantityName name="invariance" quantity={STATISTICS.invariance} />);
    open('Invariance');
    expect(document.body.textContent).toContain('At step 1: value × weight = share of the loss');
    expect(rows()[0]).toBe('Global0.2500× 10= 2.500');
  });

  it('puts in those of the step under the pointer', () => {
    twoSteps();
    hoverStep(0);
    mount(<QuantityName name="invariance" quantity={STATISTICS.invariance} />);
    open('Invariance');
    expect(rows()[0]).toBe('Global0.5000× 25= 12.50');
  });

  it('says of a statistic that is no term of the method that it is only measured', () => {
    useSession.setState({ runConfig: { ...CONFIG, method: 'simclr' } });
    mount(<QuantityName name="invariance" quantity={STATISTICS.invariance} />);
    open('Invariance');
    expect(document.body.textContent).toContain('not optimised');
    expect(rows()).toEqual([]);
  });

  it('of the total has each head with its weight, which is what is left for it', () => {
    twoSteps();
    mount(<TotalName />);
    open('Total');
    // 11 = 8 + w * 6.
    expect(rows()).toEqual(['11.00= 8.000+ 0.5 × 6.000']);
  });

  it('sets formulas as MathML, and says them in plain text', () => {
    mount(<Formula text="sum_{j != k} C_jk^2" />);
    const formula = document.body.querySelector('[role=math]')!;
    expect(formula.getAttribute('aria-label')).toBe('sum_{j != k} C_jk^2');
    expect([...formula.querySelectorAll('msubsup > mi, msub > mi')].map((one) => one.textContent)).toEqual([
      'C',
    ]);
  });
});
