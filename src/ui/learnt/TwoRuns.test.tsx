// @vitest-environment happy-dom
// Two runs side by side: pictures of both at the same step, one measure along both, how alike their networks are, and the warning
// where their measures may not be compared; and the films behind a cell of the map of correlations.

import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { type FilmFeatures, FilmMapWork } from '../../diagnostics/filmMap.ts';
import { outputsOf } from '../../diagnostics/snapshot.ts';
import { createFakeClient } from '../../fake/engine.ts';
import { fakeFeatures } from '../../fake/features.ts';
import { fakeSnapshot } from '../../fake/snapshots.ts';
import { METHODS } from '../../methods/records.ts';
import { currentClient, takeClient } from '../../store/client.ts';
import { Series } from '../../store/curves/series.ts';
import { forgetSnapshots, takeSnapshot } from '../../store/curves/snapshots.ts';
import { loadSource, SYNTHETIC_SOURCE } from '../../store/films/dataset.ts';
import { showPart, useLearnt } from '../../store/page/learnt.ts';
import { useFilmMap } from '../../store/run/filmMap.ts';
import { type Run, useRuns } from '../../store/run/runs.ts';
import { useTwoRuns } from '../../store/run/twoRuns.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { LearntView } from './LearntView.tsx';
import { bothFigure, comparisonWarning, labelsOf, likenessSentence } from './likenessFigure.ts';

const CONFIG = presetConfig('demo');
const STEPS = [0, 50, 100];
const kept = { step: 100, last: {}, bytes: 1, state: 'done', inUse: false } as const;
const run = (id: string, config = CONFIG, more: Partial<Run> = {}): Run => ({
  id,
  name: `Run ${id}`,
  preset: 'demo',
  config,
  start: 'random',
  colour: 0,
  startedAt: 0,
  series: new Series(),
  pinned: false,
  evaluations: [],
  ...more,
});

beforeEach(() => {
  for (const store of [useSession, useLearnt, useTwoRuns, useFilmMap, useRuns]) {
    (store as typeof useSession).setState((store as typeof useSession).getInitialState());
  }
  forgetSnapshots();
  useSession.setState({ runConfig: CONFIG });
  for (const step of STEPS) takeSnapshot(fakeSnapshot(step, CONFIG), 50);
});

async function prepared(): Promise<void> {
  takeClient(() => createFakeClient({ beat: 0 }));
  await loadSource(SYNTHETIC_SOURCE, CONFIG, {});
  const { engine } = currentClient();
  await engine.open(() => undefined);
  await engine.prepare(CONFIG);
}

const other = { ...CONFIG, seed: 9 };
const looksAt = (config: typeof CONFIG) => STEPS.map((step) => fakeSnapshot(step, config));

test('shows both at the step that is scrubbed to, and one measure along both', () => {
  useRuns.setState({ runs: [run('a'), run('b', other, { kept })], liveId: 'a' });
  useTwoRuns.setState({ otherId: 'b', list: looksAt(other) });
  showPart('runs');
  mount(<LearntView />);
  const both = screen.getAllByTestId('one-run');
  expect(both.map((one) => one.getAttribute('aria-label'))).toEqual(['Run a', 'Run b']);
  for (const one of both)
    expect(within(one).getByTestId('run-spectrum').textContent).toContain('At step 100');
  expect(within(screen.getByTestId('both-runs')).getByText('Run b')).toBeTruthy();
  expect(screen.queryByRole('note')).toBeNull();
});

test('says that measures of two methods, or of other films, may not be compared', () => {
  expect(comparisonWarning(['VICReg', 'VICReg'], [48, 48])).toBe('');
  expect(comparisonWarning(['VICReg', 'VICReg'], [48, 96])).toContain('on 48 and on 96 films');
  const vicreg = { ...CONFIG, method: 'vicreg' as const };
  useRuns.setState({ runs: [run('a'), run('b', vicreg, { kept })], liveId: 'a' });
  useTwoRuns.setState({ otherId: 'b', list: looksAt(vicreg) });
  showPart('runs');
  mount(<LearntView />);
  expect(screen.getByRole('note').textContent).toMatch(
    /two methods, MLVICX and VICReg: .* may not be compared/,
  );
});

test('one measure along both has the values of each in its table', () => {
  const output = outputsOf(METHODS.mlvicx).find(({ name }) => name === 'global')!;
  const lists = [looksAt(CONFIG), looksAt(other).slice(1)] as const;
  const { table, traces } = bothFigure(lists, ['a', 'b'], output, 'participation');
  const value = (list: readonly ReturnType<typeof fakeSnapshot>[], step: number) =>
    list.find((one) => one.step === step)!.outputs.find(({ name }) => name === 'global')!.measured
      .participation;
  expect(table.rows.map(([step]) => step)).toEqual(STEPS);
  expect(table.rows[0]![2]).toBeNaN();
  expect(table.rows[1]).toEqual([50, value(lists[0], 50), value(lists[1], 50)]);
  expect(traces.map(({ points }) => points.length)).toEqual([3, 2]);
});

test('matrices of likeness name the outputs that are most and least alike', async () => {
  const features = (step: number): FilmFeatures => fakeFeatures(60, step, CONFIG);
  const made = new FilmMapWork().likeness(60, features(200).now, features(0).now);
  const labels = labelsOf(outputsOf(METHODS.mlvicx));
  expect(likenessSentence(made.within, labels, labels)).toMatch(
    /Most alike: .+ and .+, 0\.\d\d; least: .+, 0\.\d\d\.$/,
  );
  useRuns.setState({ runs: [run('a'), run('b', other, { kept })], liveId: 'a' });
  useTwoRuns.setState({ otherId: 'b', list: [], likeness: { films: 60, steps: [200, 0], ...made } });
  showPart('runs');
  mount(<LearntView />);
  const within_ = screen.getByTestId('cka-within');
  expect(within(within_).getAllByRole('rowheader')).toHaveLength(7);
  expect(within(within_).getAllByRole('cell')[0]!.textContent).toBe('1.00');
  expect(screen.getByTestId('cka-across').textContent).toContain('Linear CKA');
});

test('levels of the run at hand are held against each other without another run', async () => {
  await prepared();
  useRuns.setState({ runs: [run('a')], liveId: 'a' });
  showPart('runs');
  mount(<LearntView />);
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Compare the levels' })));
  const matrix = await screen.findByTestId('cka-within');
  expect(within(matrix).getAllByRole('rowheader')).toHaveLength(7);
  expect(screen.queryByTestId('cka-across')).toBeNull();
  expect(screen.getByText(/^416 films, Run a at step 0\.$/)).toBeTruthy();
});

test('a cell of the correlations shows its films once all have passed through the network', async () => {
  await prepared();
  mount(<LearntView />);
  const map = within(screen.getByTestId('correlations')).getByRole('img');
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  fireEvent.keyDown(map, { key: 'Enter' });
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Lay out all films' })));
  const films = await waitFor(() => screen.getByTestId('cell-films'));
  expect(films.textContent).toMatch(
    /Dimensions \d+ and \d+, of 416 films at step 0, .*: correlation -?\d\.\d\d/,
  );
  expect(within(films).getByRole('list', { name: 'Driving it most' }).children).toHaveLength(4);
  expect(within(films).getByRole('list', { name: 'Driving it least' }).children).toHaveLength(4);
});
