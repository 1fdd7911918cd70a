// @vitest-environment happy-dom
// A step looked at again on a scripted engine: named or taken from a chart, its pairs with the hardest first, its words and table;
// and these by themselves.

import { act, fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { createFakeClient } from '../../fake/engine.ts';
import { currentClient, takeClient } from '../../store/client.ts';
import { loadSource, SYNTHETIC_SOURCE } from '../../store/films/dataset.ts';
import { showPart, useLearnt } from '../../store/page/learnt.ts';
import { useSettings } from '../../store/page/settings.ts';
import { showStep, useStepAgain } from '../../store/run/stepAgain.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { LearntView } from './LearntView.tsx';
import { hardestFirst, sharesOf, viewWords, weightsWords } from './stepFigure.ts';

const CONFIG = presetConfig('demo');

beforeEach(() => {
  useSession.setState(useSession.getInitialState());
  useStepAgain.setState(useStepAgain.getInitialState());
  useLearnt.setState(useLearnt.getInitialState());
});

async function prepared(): Promise<void> {
  takeClient(() => createFakeClient({ beat: 0 }));
  await loadSource(SYNTHETIC_SOURCE, CONFIG, {});
  const { engine } = currentClient();
  await engine.open(() => undefined);
  await engine.prepare(CONFIG);
  useSession.setState({ runConfig: CONFIG });
}

test('words of a view say where it was cut and what was done to it, in this order', () => {
  const box = { top: 0, left: 50, height: 50, width: 50 };
  const plain = { box, flip: false, rotation: 0, jitter: [], sigma: null, solarise: false };
  expect(viewWords(plain, [100, 100])).toBe('25 % of the film at the upper right');
  expect(viewWords(plain, [150, 50])).toBe('33 % of the film in the middle');
  expect(viewWords(plain, [150, 200])).toBe('8 % of the film at the top');
  expect(viewWords(plain, [75, 50])).toBe('67 % of the film at the right');
  const jitter = [
    { op: 'contrast' as const, factor: 1.234 },
    { op: 'brightness' as const, factor: 0.8 },
  ];
  const whole = { top: 0, left: 0, height: 100, width: 100 };
  const full = { box: whole, flip: true, rotation: -3, jitter, sigma: 1.26, solarise: true };
  expect(viewWords(full, [100, 100])).toBe(
    '100 % of the film in the middle, mirrored, turned by -3.0°, contrast × 1.23, brightness × 0.80, blurred, σ 1.3 px, solarised',
  );
});

test('shares make one together, the hardest comes first, and other weights are said', () => {
  const distances = Float32Array.of(1, 5, 2);
  expect([...sharesOf(distances)]).toEqual([0.125, 0.625, 0.25]);
  expect([...sharesOf(new Float32Array(2))]).toEqual([0, 0]);
  expect(hardestFirst(distances)).toEqual([1, 2, 0]);
  expect(weightsWords({ step: 7, weightsOf: 7 })).toContain('of that step itself');
  expect(weightsWords({ step: 7, weightsOf: 3 })).toContain('before step 3, the nearest that are kept');
});

test('a step from a chart opens this part with its films, the hardest pair first', async () => {
  await prepared();
  await act(async () => showStep(4));
  expect(useSettings.getState().view).toBe('learnt');
  mount(<LearntView />);
  const shown = await screen.findByTestId('step-again');
  expect(shown.dataset.step).toBe('4');
  const list = within(shown).getByTestId('step-films');
  expect(within(list).getAllByRole('button', { name: /^Film \d+$/ })).toHaveLength(12);
  const percents = [...list.querySelectorAll('.num')].map(({ textContent }) =>
    Number.parseFloat(textContent!),
  );
  expect(percents).toEqual(percents.toSorted((a, b) => b - a));
  expect(screen.getByTestId('step-shares').textContent).toMatch(
    /^.*Step 4, epoch 1: 32 films\. .* by the weights before step 0, .* the hardest pair, film \d+, has \d+ % of it \(an even share is 3 %\)\./,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Show all 32 films' }));
  expect(within(list).getAllByRole('button', { name: /^Film \d+$/ })).toHaveLength(32);
});

test('the steps around it by its controls', async () => {
  await prepared();
  showPart('step');
  mount(<LearntView />);
  expect(screen.getByText('What a step saw')).toBeTruthy();
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'The step after' })));
  expect((await screen.findByTestId('step-again')).dataset.step).toBe('1');
  await act(async () => fireEvent.click(screen.getByRole('button', { name: 'The step before' })));
  await act(async () => undefined);
  expect(screen.getByTestId('step-again').dataset.step).toBe('0');
});
