// @vitest-environment happy-dom
// The card says what the verdict says, and draws its two figures of each head as scales that never leave their tracks.

import { screen, within } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { metricNames } from '../../protocol/metrics.ts';
import { verdictOf } from '../../store/curves/verdict.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { VerdictCard } from './VerdictCard.tsx';

const CONFIG = presetConfig('demo');

/** Forty steps with these values on both heads, judged and shown. */
function shown(values: Record<string, number>) {
  const names = metricNames(CONFIG);
  const sample = (step: number) => ({
    step,
    activeSeconds: step,
    values: Float64Array.from(names, (name) => values[name.split('/')[1]!] ?? 0),
  });
  const verdict = verdictOf(
    Array.from({ length: 40 }, (_, step) => sample(step)),
    CONFIG,
  );
  useSession.setState({ runConfig: CONFIG, verdict });
  mount(<VerdictCard />);
  return screen.getByTestId('verdict');
}

const scales = (card: HTMLElement) =>
  [...card.querySelectorAll<HTMLElement>('[style*="scaleX"]')].map(({ style }) =>
    Number(/scaleX\((.*)\)/.exec(style.transform)![1]),
  );

beforeEach(() => useSession.setState(useSession.getInitialState()));

it('waits for the first steps without a figure', () => {
  mount(<VerdictCard />);
  const card = screen.getByTestId('verdict');
  expect(card.dataset.verdict).toBe('waiting');
  expect(card.textContent).toBe('Too early to sayThe verdict comes after the first ten steps.');
});

it('shows spread and dimensions of each head of the method', () => {
  const card = shown({ std: 0.75, covariance: 16, variance: 0.25 });
  expect(card.dataset.verdict).toBe('narrow');
  const heads = within(card)
    .getAllByRole('heading', { level: 3 })
    .map(({ textContent }) => textContent);
  expect(heads).toEqual(['Globalvariance 0.25 · covariance 16', 'Localvariance 0.25 · covariance 16']);
  // 256 * 0.75^4 / (0.75^4 + 8) = 9.75 dimensions of 256 * 31 / 287 = 27.65.
  const [spread, dimensions] = scales(card);
  expect([spread, dimensions]).toEqual([0.75, expect.closeTo(9.75 / 27.65, 3)]);
  expect(card.textContent).toContain('Dimensions10 / 28');
});

it('says of a spread that rests below the full one that it is no collapse, and where it rests', () => {
  const card = shown({ std: 0.4, covariance: 1.56 });
  expect(card.dataset.verdict).toBe('resting');
  expect(card.textContent).toMatch(
    /^No collapseThe global head tells films apart .* 0\.40 of 1 is where the loss/,
  );
});

it('draws a spread above the full one, and more dimensions than a batch can show, as full tracks', () => {
  const card = shown({ std: 1.4, covariance: 0 });
  expect(scales(card)).toEqual([1, 1, 1, 1]);
  expect(card.textContent).toContain('Spread1.40 / 1');
});

it('shows a dash, not a number, where there is none', () => {
  const card = shown({ std: Number.NaN, covariance: Number.NaN });
  expect(card.textContent).toContain('Not a number');
  expect(card.textContent).toContain('Spread– / 1');
  expect(scales(card)).toEqual([0, 0, 0, 0]);
});
