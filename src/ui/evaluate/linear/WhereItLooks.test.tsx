// @vitest-environment happy-dom
// Where the layer looks: each way is asked for by name and level and says what it shows, the map is saved without a name, and a finding of
// other films than those at hand is not looked for.

import { fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { presetConfig } from '../../../config/presets.ts';
import { createFakeClient } from '../../../fake/engine.ts';
import { fakeEvaluation } from '../../../fake/report.ts';
import { takeClient } from '../../../store/client.ts';
import { loadSource, SYNTHETIC_SOURCE } from '../../../store/films/dataset.ts';
import { useClassMap } from '../../../store/films/inspect.ts';
import type { LinearReport } from '../../../tasks/linear/record.ts';
import { mount } from '../../testPage.tsx';
import { WhereItLooks } from './WhereItLooks.tsx';

const report = fakeEvaluation('linear', presetConfig('smoke'), 4).report as LinearReport;
const saved: { name: string; blob: Blob }[] = [];

beforeEach(async () => {
  saved.length = 0;
  takeClient(() => createFakeClient({ beat: 0 }));
  await loadSource(SYNTHETIC_SOURCE, presetConfig('smoke'), {});
  let blob: Blob | null = null;
  vi.spyOn(URL, 'createObjectURL').mockImplementation((given) => {
    blob = given as Blob;
    return 'blob:map';
  });
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
    saved.push({ name: this.download, blob: blob! });
  });
});
afterEach(() => void vi.restoreAllMocks());

const until = (seen: () => void) => vi.waitFor(seen, { timeout: 15_000 });

it('asks for each way by name and level, and saves what is laid over the film', async () => {
  mount(<WhereItLooks finding="Opacity" report={report} pointed={undefined} />);
  await until(() => expect(useClassMap.getState().map?.look.kind).toBe('class'));
  expect(document.body.textContent).toContain('It is exact');
  expect(screen.queryByTestId('look-level')).toBeNull();
  fireEvent.click(screen.getByLabelText('Grad-CAM'));
  fireEvent.click(screen.getByLabelText('2'));
  await until(() => expect(useClassMap.getState().map?.look).toEqual({ kind: 'grad', level: 2 }));
  expect(document.body.textContent).toContain('no part of the logit');

  const { size, map } = useClassMap.getState().map!;
  fireEvent.click(screen.getByTestId('class-map-npy'));
  fireEvent.click(screen.getByTestId('class-map-png'));
  expect(saved.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^grad-cam-level-2-opacity-film-1\.npy$/i),
    expect.stringMatching(/\.png$/),
  ]);
  const bytes = new Uint8Array(await saved[0]!.blob.arrayBuffer());
  expect(new TextDecoder('latin1').decode(bytes.subarray(1, 6))).toBe('NUMPY');
  const values = new Float32Array(bytes.slice(bytes.length - 4 * size * size).buffer);
  expect(values).toEqual(map);
}, 60_000);

it('is not there for a finding of other films', () => {
  mount(<WhereItLooks finding="Pneumonia of another folder" report={report} pointed={undefined} />);
  expect(screen.queryByTestId('class-map')).toBeNull();
});
