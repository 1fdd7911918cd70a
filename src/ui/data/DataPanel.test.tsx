// @vitest-environment happy-dom
// The data panel in its states, and what its parts ask of the intake worker: split, quality, files left out, reading.

import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { createFakeClient } from '../../fake/engine.ts';
import type { DatasetSummary, SkippedFile } from '../../protocol/dataset.ts';
import type { Arrangement } from '../../protocol/intake.ts';
import { takeClient } from '../../store/client.ts';
import { useArrangement } from '../../store/films/arrange.ts';
import { type DatasetState, useDataset } from '../../store/films/dataset.ts';
import { useGallery } from '../../store/films/viewer.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useSession } from '../../store/session.ts';
import { AppError, toWire } from '../../util/errors.ts';
import { mount } from '../testPage.tsx';
import { DataPanel } from './DataPanel.tsx';

const fake = createFakeClient({ beat: 0 });
let asked: Arrangement[];
/** What arranging answers. */
let answer: (asked: Arrangement) => DatasetSummary;

const PATHS = ['a/1.png', 'a/2.png', 'b/3.png', 'b/4.png'];
const files = PATHS.map((path) => ({ path, file: new File([], path) }));
const options = { name: 'ward 7', planeSize: 64, seed: 1 };
const summaryOf = async (change: Partial<DatasetSummary> = {}): Promise<DatasetSummary> => ({
  ...(await fake.intake.readFiles(files, options, () => undefined)),
  skipped: [],
  ...change,
});

const show = (state: Partial<DatasetState>) => {
  useDataset.setState(state);
  mount(<DataPanel />);
  return screen.getByTestId('data-panel');
};
const shown = async (change: Partial<DatasetSummary> = {}) =>
  show({
    phase: 'ready',
    source: { kind: 'files', name: 'ward 7' },
    summary: await summaryOf(change),
  });

beforeEach(() => {
  asked = [];
  answer = () => useDataset.getState().summary!;
  takeClient(() => ({
    ...fake,
    intake: {
      ...fake.intake,
      arrange: async (arrangement) => {
        asked.push(arrangement);
        return answer(arrangement);
      },
    },
  }));
  useSession.setState(useSession.getInitialState());
  useDataset.setState(useDataset.getInitialState());
  useArrangement.setState(useArrangement.getInitialState());
});

describe('before there are films', () => {
  it('says what is read', () => {
    expect(show({ phase: 'empty' }).textContent).toContain('PNG, JPEG and DICOM are read.');
  });

  it('says how far reading is, how fast, and what came from the cache', () => {
    const panel = show({
      phase: 'reading',
      source: { kind: 'files', name: 'ward 7' },
      progress: { done: 1500, total: 6000, skipped: 12, found: 700 },
      rate: 250,
      etaSeconds: 18,
    });
    expect(within(panel).getByTestId('reading').textContent).toContain('Reading 1,500 of 6,000');
    expect(panel.textContent).toContain('250 films/s · 18 s left · 700 from the cache · 12 left out');
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25');
  });

  it('counts the files of a folder while it is listed, without a share', () => {
    const panel = show({ phase: 'listing', listed: 12_345 });
    expect(panel.textContent).toContain('Listing files: 12,345');
    expect(panel.textContent).not.toContain('left out');
  });

  it('says why there are none, with the ways out of it', () => {
    const error = toWire(new AppError('labels-unmatched', 'labels.csv.'));
    show({ phase: 'failed', error });
    expect(screen.getByTestId('error').dataset.code).toBe('labels-unmatched');
    expect(screen.getByTestId('way-out').textContent).toBe('Read without labels');
  });
});

describe('counts', () => {
  it('are those of the parts, with the share of labelled films as a bar', async () => {
    const films = { train: 1200, val: 0, test: 30 };
    await shown({
      films,
      patients: { train: 400, val: 0, test: 10 },
      counts: [
        {
          finding: 'Mass',
          positives: { train: 30, val: 0, test: 10 },
          negatives: { train: 90, val: 10, test: 20 },
        },
      ],
    });
    const cells = [...screen.getByTestId('counts').querySelectorAll('tbody tr')].map((row) =>
      [...row.children].map(({ textContent }) => textContent),
    );
    expect(cells).toEqual([
      ['Films', '1,200', '0', '30'],
      ['Patients', '400', '0', '10'],
      ['Mass', '30', '0', '10'],
    ]);
    const row = screen.getByText('Mass').closest('tr')!;
    expect(row.querySelector<HTMLElement>('[style]')!.style.transform).toBe('scaleX(0.25)');
    expect([...row.querySelectorAll('td')].map(({ dataset }) => dataset.empty)).toEqual([
      'false',
      'true',
      'false',
    ]);
  });
});

describe('the split', () => {
  const open = () => fireEvent.click(screen.getByTestId('split-open'));
  const field = (label: string) =>
    within(screen.getByTestId('split-form')).getByLabelText<HTMLInputElement>(label);
  const type = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });

  it('gives to training what is not held out, and asks for it once', async () => {
    await shown();
    open();
    type('Val', '20');
    type('Test', '30');
    type('Seed', '7');
    expect(field('Train').value).toBe('50 %');
    expect(asked).toEqual([]);
    fireEvent.click(screen.getByTestId('split-apply'));
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(asked[0]!.split).toMatchObject({ seed: 7, shares: { train: 50, val: 20, test: 30 } });
    await waitFor(() => expect(screen.getByTestId('split-open').textContent).toBe('Change'));
  });

  it('stays open with the reason where it cannot be made', async () => {
    answer = () => {
      throw new AppError('split-impossible', 'two patients are too few.');
    };
    await shown();
    open();
    fireEvent.click(screen.getByTestId('split-apply'));
    expect((await screen.findByTestId('error')).textContent).toContain('two patients are too few.');
    expect(screen.getByTestId('split-open').textContent).toBe('Close');
  });

  it('offers what the folder gives beside one that is drawn', async () => {
    await shown({ givenSplit: 'folders' });
    open();
    expect(screen.queryByLabelText('Seed')).toBeNull();
    fireEvent.click(screen.getByText('Drawn by patient'));
    expect(field('Seed').value).toBe('1');
    fireEvent.click(screen.getByTestId('split-apply'));
    await waitFor(() => expect(asked[0]?.split?.source).toBe('drawn'));
  });

  it('asks which parts words are that it does not know', async () => {
    await shown({ unknownParts: [{ word: 'eval', films: 4 }], leftOut: 4 });
    fireEvent.click(screen.getByText('Say'));
    expect(useGallery.getState().labelsOpened).toBe(true);
    expect(screen.getByTestId('left-out-films').textContent).toBe('4 films left out of all parts.');
    useGallery.setState({ labelsOpened: false });
  });

  it('cannot be changed under a run', async () => {
    useSession.setState({ runConfig: presetConfig('smoke') });
    await shown();
    expect(screen.getByTestId<HTMLButtonElement>('split-open').disabled).toBe(true);
  });
});

describe('quality', () => {
  const counts = [
    { flag: 'dark', films: 3, leftOut: true },
    { flag: 'duplicate', films: 1200, leftOut: false },
    { flag: 'lateral', films: 0, leftOut: false },
  ] as const;
  const quality = { counts, duplicateOf: new Map(), duplicatesAcross: 2 } as never;

  it('lists what there is, and says what there is not', async () => {
    await shown({ quality });
    expect(screen.getByTestId('quality-duplicate-count').textContent).toBe('1,200');
    expect(screen.queryByTestId('quality-lateral')).toBeNull();
    expect(screen.getByTestId('quality').textContent).toContain('None of these: lateral view.');
    expect(screen.getByTestId('duplicates-across').textContent).toMatch(/^2 duplicates outside the part/);
  });

  it('leaves out another kind beside those that are out, and takes one back', async () => {
    await shown({ quality });
    fireEvent.click(screen.getByLabelText('Leave out: Duplicate'));
    await waitFor(() => expect(asked).toEqual([{ leaveOut: ['dark', 'duplicate'] }]));
    await waitFor(() => expect(useArrangement.getState().busy).toBe(false));
    fireEvent.click(screen.getByLabelText(/^Leave out: .*dark/i));
    await waitFor(() => expect(asked[1]).toEqual({ leaveOut: [] }));
  });
});

describe('files left out', () => {
  const file = (path: string, code: 'image-corrupt' | 'format-unknown', detail = ''): SkippedFile => ({
    path,
    error: toWire(new AppError(code, detail)),
  });

  it('stand under their reasons, the most frequent first, without names until these are asked for', async () => {
    useSettings.setState({ namesShown: false });
    const skipped = [
      file('ward/notes.txt', 'format-unknown'),
      file('ward/a.png', 'image-corrupt', 'the data ends early.'),
      file('ward/b.png', 'image-corrupt', 'the data ends early.'),
    ];
    await shown({ skipped });
    expect(screen.getByTestId('skipped-count').textContent).toBe('3 left out');
    fireEvent.click(screen.getByTestId('skipped-toggle'));
    expect(screen.getAllByTestId('skipped-reason').map(({ dataset }) => dataset.code)).toEqual([
      'image-corrupt',
      'format-unknown',
    ]);
    expect(screen.getByTestId('skipped').textContent).toContain('2 × ');
    expect(screen.getByTestId('skipped').textContent).not.toContain('ward/');
    fireEvent.click(screen.getByText('Show names'));
    expect(useSettings.getState().namesShown).toBe(true);
  });
});
