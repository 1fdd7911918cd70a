// @vitest-environment happy-dom
// All films in one window: the filters leave those that were asked for, and copies stand beside the film they resemble.

import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { flagBit } from '../../protocol/arrangement.ts';
import { filmTable, type ImageRow, LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { closeGallery, showGallery } from '../../store/films/viewer.ts';
import { useSettings } from '../../store/page/settings.ts';
import { mount } from '../testPage.tsx';
import { Gallery } from './Gallery.tsx';

// The grid shows what is in sight, and nothing is in a document without a screen.
vi.mock('./FilmGrid.tsx', () => ({
  FilmGrid: ({ films }: { films: readonly number[] }) => <output>{films.join(' ')}</output>,
}));

const row = (split: ImageRow['split'], mass: boolean, flags = 0): ImageRow => ({
  path: 'x.png',
  patient: 'p',
  split,
  format: 'png',
  width: 8,
  height: 8,
  flags,
  labels: Uint8Array.of(LABEL_NEGATIVE, mass ? LABEL_POSITIVE : LABEL_NEGATIVE),
});
const DUPLICATE = flagBit('duplicate');
const ROWS = [
  row('train', true),
  row('test', true),
  row('train', false),
  row('out', false, DUPLICATE),
  row('val', true, DUPLICATE),
  row('train', true, flagBit('dark')),
];

const shown = () => screen.getByRole('status').textContent;

beforeEach(() => {
  const quality = {
    counts: [],
    duplicateOf: new Map([
      [3, 2],
      [4, 0],
    ]),
    duplicatesAcross: 1,
  };
  useDataset.setState({
    summary: { name: 'ward', filmTable: filmTable(ROWS), findings: ['Edema', 'Mass'], quality } as never,
  });
});

it('shows all films, those of a part, and those that have a finding', () => {
  showGallery();
  mount(<Gallery />);
  expect(shown()).toBe('0 1 2 3 4 5');
  fireEvent.click(screen.getByText('Train'));
  expect(shown()).toBe('0 2 5');
  fireEvent.click(screen.getByRole('combobox', { name: 'Finding' }));
  fireEvent.click(screen.getByRole('option', { name: 'Mass', hidden: true }));
  expect(shown()).toBe('0 5');
  fireEvent.click(screen.getByText('Left out'));
  expect(shown()).toBe('');
  closeGallery();
});

it('shows films with one fault, and of copies the film they resemble first', () => {
  showGallery('dark');
  mount(<Gallery />);
  expect(shown()).toBe('5');
  closeGallery();
  showGallery('duplicate');
  mount(<Gallery />);
  expect(screen.getAllByRole('status').at(-1)!.textContent).toBe('2 3 0 4');
  closeGallery();
});

it('shows and hides the names of files', () => {
  useSettings.setState({ namesShown: false });
  showGallery();
  mount(<Gallery />);
  fireEvent.click(screen.getByRole('switch', { name: 'File names' }));
  expect(useSettings.getState().namesShown).toBe(true);
  closeGallery();
});
