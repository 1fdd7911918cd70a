// @vitest-environment happy-dom
// The report of masks: every score under its own name, films by Dice with both outlines, and what is said of films of another set.

import { fireEvent, screen, within } from '@testing-library/react';
import { unzipSync } from 'fflate';
import { beforeEach, expect, it, vi } from 'vitest';
import { presetConfig } from '../../../config/presets.ts';
import { fakeEvaluation } from '../../../fake/report.ts';
import { currentClient } from '../../../store/client.ts';
import { useDataset } from '../../../store/films/dataset.ts';
import { masksFile, setMaskOpacity } from '../../../store/films/drawnMasks.ts';
import { openFilm } from '../../../store/films/viewer.ts';
import type { SegmentationReport } from '../../../tasks/segmentation/record.ts';
import { mount } from '../../testPage.tsx';
import { SegmentationReportView } from './SegmentationView.tsx';

vi.mock('../../../store/films/viewer.ts', async (original) => ({
  ...(await original<object>()),
  openFilm: vi.fn(async () => undefined),
}));

vi.mock('../../../store/client.ts', async (original) => ({
  ...(await original<object>()),
  currentClient: vi.fn(),
}));

const report = fakeEvaluation('segmentation', presetConfig('smoke'), 40).report as SegmentationReport;
const films = (fingerprint: string) => useDataset.setState({ summary: { fingerprint } as never });

beforeEach(() => {
  films(report.fingerprint);
  setMaskOpacity(0.35);
});

it('tells every score by its name, with interval and gain, and the share of films without a mask', () => {
  mount(<SegmentationReportView report={report} />);
  const rows = within(screen.getByTestId('mask-scores')).getAllByRole('row');
  const told = rows.map(({ textContent }) => textContent);
  expect(told[1]).toMatch(/^Dice of films with a mask.*0\.528 0\.488–0\.568.*0\.317.*\+0\.211/);
  expect(told[2]).toMatch(/^Dice, empty films as 1.*0\.741/);
  expect(told[3]).toMatch(/^IoU, empty films as 1.*0\.664/);
  expect(told[5]).toMatch(/^Films without a mask0\.429/);
});

it('shows films drawn best, middling and worst, filled as strongly as wanted, and opens one in the viewer', () => {
  const { container } = mount(<SegmentationReportView report={report} />);
  const layers = screen.getAllByTestId('mask-layer');
  expect(layers).toHaveLength(12);
  expect(layers[0]!.getAttribute('aria-label')).toBe('Film 1: Dice 0.91, both outlines');
  expect(
    layers.every((layer) => [...layer.querySelectorAll('path')].every((path) => path.getAttribute('d'))),
  ).toBe(true);
  const opacity = () =>
    (container.querySelector('[data-testid=mask-layer] path') as SVGPathElement).style.opacity;
  expect(opacity()).toBe('0.35');
  fireEvent.click(screen.getByLabelText('Open film 5'));
  expect(openFilm).toHaveBeenCalledWith(4);
});

it('shows outlines alone where other films are at hand', () => {
  films('others');
  mount(<SegmentationReportView report={report} />);
  expect(screen.getByText(/films of another set/)).toBeTruthy();
  expect(screen.getByLabelText('Open film 1').hasAttribute('disabled')).toBe(true);
  expect(screen.getAllByTestId('mask-layer')).toHaveLength(12);
});

it('saves the masks of all test films as NumPy reads them, or says that there are none', async () => {
  const squares = {
    targets: ['A'],
    side: 2,
    drawn: Uint8Array.of(1, 0, 0, 0),
    truth: Uint8Array.of(1, 1, 0, 0),
  };
  const drawnMask = vi.fn(async (film: number) => (film === 3 ? squares : null));
  vi.mocked(currentClient).mockReturnValue({ engine: { drawnMask } } as never);
  useDataset.setState({
    summary: { fingerprint: report.fingerprint, filmTable: { splits: Uint8Array.of(0, 2, 1, 2) } } as never,
  });
  const members = Object.entries(unzipSync((await masksFile())!));
  expect(drawnMask.mock.calls).toEqual([[1], [3]]);
  // The header of each has 128 bytes.
  expect(members.map(([name, bytes]) => [name, ...bytes.subarray(128)])).toEqual([
    ['film.npy', 3, 0, 0, 0],
    ['drawn.npy', 1, 0, 0, 0],
    ['truth.npy', 1, 1, 0, 0],
  ]);
  drawnMask.mockResolvedValue(null);
  expect(await masksFile()).toBeNull();
});
