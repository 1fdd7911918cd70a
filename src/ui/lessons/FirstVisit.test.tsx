// @vitest-environment happy-dom
// The first page offers to train on the built-in set for as long as that is what would be trained on.

import { screen } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { SYNTHETIC_SOURCE, useDataset } from '../../store/films/dataset.ts';
import { mount } from '../testPage.tsx';
import { FirstVisit } from './FirstVisit.tsx';

beforeEach(() => useDataset.setState(useDataset.getInitialState()));

it('offers ways to begin before there is anything, and with the built-in films', () => {
  for (const source of [null, SYNTHETIC_SOURCE]) {
    useDataset.setState({ source });
    const { unmount } = mount(<FirstVisit />);
    expect(screen.getByTestId('way-watch').textContent).toContain('Watch a run');
    expect(screen.getByTestId('way-train').textContent).toContain('Train on the synthetic set');
    unmount();
  }
});

it('goes with films of one’s own, which Play would train on', () => {
  useDataset.setState({ source: { kind: 'files', name: 'films' } });
  mount(<FirstVisit />);
  expect(screen.queryByTestId('first-visit')).toBeNull();
});
