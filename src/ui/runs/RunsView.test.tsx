// @vitest-environment happy-dom
// The list of runs: what a row says of a run whose curves are here and of one that is only kept, and what its controls do.

import { fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { metricNames } from '../../protocol/metrics.ts';
import { Series } from '../../store/curves/series.ts';
import { type Run, useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { RunsView } from './RunsView.tsx';

const CONFIG = presetConfig('smoke');

function seriesOf(losses: readonly number[]): Series {
  const series = new Series();
  const names = metricNames(CONFIG);
  for (const [step, loss] of losses.entries()) {
    const values = Float64Array.from(names, (name) => (name === 'loss/total' ? loss : 0.5));
    series.append({ step, activeSeconds: step, values }, names);
  }
  return series;
}

const run = (id: string, change: Partial<Run> = {}): Run => ({
  id,
  name: id,
  preset: 'smoke',
  config: CONFIG,
  start: 'random',
  colour: 0,
  startedAt: 0,
  series: new Series(),
  pinned: false,
  evaluations: [],
  ...change,
});
const KEPT = { step: 1200, last: { 'loss/total': 12.5 }, bytes: 3_000_000, state: 'paused' } as const;

const show = (...runs: Run[]) => {
  useRuns.setState({ runs });
  mount(<RunsView />);
};
/** The test's window is 1024 px wide, where columns fold; this one is not. */
const widen = () =>
  vi.stubGlobal('matchMedia', () => ({ matches: true, addEventListener() {}, removeEventListener() {} }));
const rows = () => screen.getAllByTestId('run-row');
const state = () => useRuns.getState();
const only = () => state().runs[0]!;

beforeEach(() => {
  useRuns.setState(useRuns.getInitialState());
  useSession.setState(useSession.getInitialState());
});

it('says what the list is for while it is empty, and has nothing to export', () => {
  show();
  expect(screen.getByText('No runs yet')).toBeTruthy();
  expect(screen.getByTestId<HTMLButtonElement>('runs-export').disabled).toBe(true);
});

afterEach(() => void vi.unstubAllGlobals());

describe('a row', () => {
  it('stands above those of older runs', () => {
    show(run('first'), run('second'));
    expect(rows().map((row) => within(row).getByTestId('run-name').textContent)).toEqual(['second', 'first']);
  });

  it('gives steps and the values where the curves end', () => {
    widen();
    show(run('curved', { series: seriesOf([9, 7, 5.25]) }));
    expect([...rows()[0]!.querySelectorAll('td.num')].map(({ textContent }) => textContent)).toEqual([
      '3',
      '5.250',
      ...Array.from({ length: 4 }, () => '0.5000'),
      '–',
      '',
    ]);
  });

  it('takes them from the record where no curve is read yet', () => {
    show(run('kept', { kept: { ...KEPT, inUse: false } }));
    expect(rows()[0]!.textContent).toMatch(/^keptMLVICX · Smoke · 3 MB1,20012\.50/);
  });

  it('calls settings that are no preset own', () => {
    show(run('mine', { preset: null }));
    expect(rows()[0]!.textContent).toContain('own');
  });
});

describe('its controls', () => {
  it('rename the run, unless the name is blank or given up', () => {
    show(run('before'));
    const type = (name: string, key: string) => {
      fireEvent.click(screen.getByLabelText(`Rename ${only().name}`));
      const input = screen.getByLabelText('Name of the run');
      fireEvent.change(input, { target: { value: name } });
      fireEvent.keyDown(input, { key });
      return only().name;
    };
    expect(type('  after ', 'Enter')).toBe('after');
    expect(type('never', 'Escape')).toBe('after');
    expect(type('   ', 'Enter')).toBe('after');
    expect(screen.getByTestId('run-name').textContent).toBe('after');
  });

  it('pin it to the charts', () => {
    show(run('one'));
    fireEvent.click(screen.getByLabelText('Overlay one in all charts'));
    expect(only().pinned).toBe(true);
  });

  it('delete it, and bring the last one back to its place', () => {
    show(run('a'), run('b'), run('c'));
    fireEvent.click(screen.getByLabelText('Delete b'));
    expect(state().runs.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(screen.getByRole('status').textContent).toContain('Deleted b.');
    fireEvent.click(screen.getByTestId('undo-delete'));
    expect(state().runs.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(screen.queryByTestId('undo-delete')).toBeNull();
  });

  it('resume what is kept, where no other tab has it and the engine rests', () => {
    const free = run('free', { kept: { ...KEPT, inUse: false } });
    useSession.setState({ facts: {} as never });
    show(run('never kept'), free, run('elsewhere', { kept: { ...KEPT, inUse: true } }));
    const button = (name: string) => screen.getByLabelText<HTMLButtonElement>(`Resume ${name}`);
    expect(screen.queryByLabelText('Resume never kept')).toBeNull();
    expect([button('free').disabled, button('elsewhere').disabled]).toEqual([false, true]);
    expect(screen.getByLabelText<HTMLButtonElement>('Delete elsewhere').disabled).toBe(true);
  });

  it('offer no resume for the run at hand, and no file while it is at work', () => {
    useRuns.setState({ liveId: 'live' });
    useSession.setState(({ status }) => ({ status: { ...status, state: 'running' } }));
    show(run('live', { kept: { ...KEPT, inUse: true } }));
    expect(rows()[0]!.dataset.live).toBe('true');
    expect(rows()[0]!.textContent).toContain('this run');
    expect(screen.queryByLabelText('Resume live')).toBeNull();
    expect(screen.getByLabelText<HTMLButtonElement>('Export live').disabled).toBe(true);
    expect(screen.getByLabelText<HTMLButtonElement>('Delete live').disabled).toBe(false);
  });
});
