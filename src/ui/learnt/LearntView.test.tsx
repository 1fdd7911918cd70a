// @vitest-environment happy-dom
// The view on looks that are there: it says why there are none, shows each picture with its sentence, scrubs along the run, reads
// the map by keys, and offers what the verdict would change.

import { act, fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { fakeSnapshot } from '../../fake/snapshots.ts';
import {
  forgetSnapshots,
  rewindSnapshots,
  takeSnapshot,
  useSnapshots,
} from '../../store/curves/snapshots.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { LearntView } from './LearntView.tsx';

const CONFIG = presetConfig('demo');

beforeEach(() => {
  forgetSnapshots();
  useSession.setState(useSession.getInitialState());
});

test('says why there is nothing to see', () => {
  mount(<LearntView />);
  expect(screen.getByText('Pictures come with the first steps of a run.')).toBeTruthy();
});

test('says that a run is not looked at', () => {
  useSession.setState({ runConfig: { ...CONFIG, diagnoseEvery: 0 } });
  mount(<LearntView />);
  expect(screen.getByText(/This run is not looked at/)).toBeTruthy();
});

function shown() {
  useSession.setState({ runConfig: CONFIG, status: { ...useSession.getState().status, activeSeconds: 20 } });
  for (const step of [0, 50, 100]) takeSnapshot(fakeSnapshot(step, CONFIG), 50);
  mount(<LearntView />);
}

test('shows every picture of the newest look with its sentence, and what looking costs', () => {
  shown();
  for (const id of ['spectrum', 'deviations', 'correlations', 'path', 'measure', 'neighbours']) {
    expect(within(screen.getByTestId(id)).getAllByText(/\.$/).length).toBeGreaterThan(0);
  }
  expect(screen.getByTestId('spectrum').textContent).toContain('At step 100');
  expect(screen.getByTestId('looks').textContent).toMatch(/48 films .* 3 times so far, 1\.5 % of the time/);
});

test('shows a look whose maps are still to come', () => {
  useSession.setState({ runConfig: CONFIG });
  const whole = fakeSnapshot(0, CONFIG);
  const outputs = whole.outputs.map((output) => ({ ...output, blocks: 0, correlation: new Int8Array() }));
  takeSnapshot({ ...whole, outputs }, 50);
  mount(<LearntView />);
  expect(screen.getByTestId('correlations').textContent).toContain('being measured for step 0');
  expect(screen.getByTestId('spectrum').textContent).toContain('At step 0');
  act(() => takeSnapshot(whole, 50));
  expect(screen.getByTestId('correlations').textContent).toContain('Mean magnitude');
});

test('scrubs along the run by keys, and follows the newest again', () => {
  shown();
  fireEvent.keyDown(screen.getByRole('slider', { name: 'Step of the pictures' }), { key: 'ArrowLeft' });
  expect(screen.getByTestId('spectrum').textContent).toContain('At step 50');
  fireEvent.click(screen.getByRole('button', { name: 'Newest' }));
  expect(screen.getByTestId('spectrum').textContent).toContain('At step 100');
  rewindSnapshots(100);
  expect(useSnapshots.getState().list.map(({ step }) => step)).toEqual([0, 50]);
});

test('reads the map by the arrow keys', () => {
  shown();
  const card = screen.getByTestId('correlations');
  const map = within(card).getByRole('img');
  const cell = () => screen.getByTestId('correlation-cell').textContent;
  expect(cell()).toContain('arrow keys');
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  expect(cell()).toMatch(/dimension \d+ with itself/);
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  expect(cell()).toMatch(/^dimension \d+ with dimension \d+: correlation/);
});
