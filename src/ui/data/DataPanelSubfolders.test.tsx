// @vitest-environment happy-dom
// The ticks of folders: what is asked of the intake worker when one is set or taken away.

import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import type { Decisions } from '../../protocol/intake.ts';
import { decided } from '../../store/films/arrange.ts';
import { type Source, useDataset } from '../../store/films/dataset.ts';
import { useProtection } from '../../store/page/protection.ts';
import { load, startSession } from '../../store/run/acts.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { DataPanelSubfolders } from './DataPanelSubfolders.tsx';

const PATHS = ['A/images/1.png', 'A/images/2.png', 'B/images/3.png', 'B/other/4.png'];
/** Another one each time: decisions live as long as the films they are about. */
const folder = (): Source => ({
  kind: 'files',
  name: 'ward',
  slices: () => [PATHS.map((path) => ({ path, file: new File([], path) }))],
});

/** The fake client, in whose folder A the pictures of `masks` are films only where they are kept. */
function client(asked: Decisions[]): PlaygroundClient {
  const fake = createFakeClient({ beat: 1 });
  const answer = (summary: DatasetSummary, { keepFolders, leaveOutFolders }: Decisions): DatasetSummary => ({
    ...summary,
    ...(leaveOutFolders && { leftOutFolders: leaveOutFolders }),
    ...(keepFolders ? {} : { maskFolders: [{ folder: 'A/masks', films: 2, places: 1 }] }),
  });
  return {
    ...fake,
    intake: {
      ...fake.intake,
      async readFiles(files, options, onEvent) {
        asked.push(options);
        return answer(await fake.intake.readFiles(files, options, onEvent), options);
      },
      async arrange(arrangement) {
        asked.push(arrangement);
        return answer(useDataset.getState().summary!, decided());
      },
    },
  };
}

function Panel() {
  const summary = useDataset((state) => state.summary);
  return summary && <DataPanelSubfolders summary={summary} />;
}

let asked: Decisions[];
beforeEach(async () => {
  asked = [];
  useProtection.setState({ protection: { state: 'active', by: 'server' } });
  await startSession(() => client(asked));
  await load(folder());
  render(<Panel />, { wrapper: MantineProvider });
});
afterEach(cleanup);

const tick = (folder: string) =>
  screen.getByRole<HTMLInputElement>('checkbox', { name: `Leave out the folder ${folder}` });

it('shows a folder that was taken for masks as left out, and reads it when its tick is taken away', async () => {
  expect(screen.getByTestId('subfolders').textContent).toContain('1 left out');
  expect(tick('A/masks').checked).toBe(true);
  fireEvent.click(tick('A/masks'));
  await waitFor(() => expect(screen.queryByTestId('mask-folder')).toBeNull());
  expect(asked.at(-1)).toMatchObject({ name: 'ward', keepFolders: ['A/masks'] });
  // Read again for another reason, they stay films.
  await load(useDataset.getState().source!);
  expect(asked.at(-1)).toMatchObject({ keepFolders: ['A/masks'] });
});

it('leaves out a folder of films without another reading', async () => {
  fireEvent.click(tick('B'));
  await waitFor(() => expect(asked.at(-1)).toEqual({ leaveOutFolders: ['B'] }));
  expect(asked.filter((each) => 'name' in each)).toHaveLength(1);
});

it('counts a name that several folders share', () => {
  const shared = screen.getAllByTestId('subfolder').find((row) => row.textContent!.includes('2 folders'))!;
  expect(shared.textContent).toMatch(/^images \(in 2 folders\)3/);
});
