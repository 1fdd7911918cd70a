// @vitest-environment happy-dom
// Evaluating on another folder: it is chosen or dropped, the run and its films stay, the report names both sets, and letting go of it
// brings back the films of the run.

import { fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { createFakeClient } from '../../fake/engine.ts';
import { takeClient } from '../../store/client.ts';
import { loadSource, SYNTHETIC_SOURCE, useDataset } from '../../store/films/dataset.ts';
import { inputSource } from '../../store/films/files.ts';
import { dropOther, useOtherFilms } from '../../store/films/other.ts';
import { useProtection } from '../../store/page/protection.ts';
import { choosePreset, useSettings } from '../../store/page/settings.ts';
import { followEngine } from '../../store/run/engineEvents.ts';
import { useEvaluation } from '../../store/run/evaluation.ts';
import { useSession } from '../../store/session.ts';
import { FileInputs, OTHER_FOLDER } from '../data/FileInputs.tsx';
import { EndRunQuestion } from '../shell/Messages.tsx';
import { mount } from '../testPage.tsx';
import { EvaluateView } from './EvaluateView.tsx';

const until = (seen: () => void) => vi.waitFor(seen, { timeout: 15_000 });
const chosen = (name: string) =>
  Object.assign(new File(['x'], name), { webkitRelativePath: `ward B/${name}` });
const films = ['a.png', 'b.png', 'c.png'].map(chosen);

beforeEach(async () => {
  choosePreset('smoke');
  useSession.setState(useSession.getInitialState());
  useEvaluation.setState(useEvaluation.getInitialState());
  const client = takeClient(() => createFakeClient({ beat: 0 }));
  await client.engine.open(followEngine);
  await loadSource(SYNTHETIC_SOURCE, presetConfig('smoke'), {});
  await client.engine.prepare(presetConfig('smoke'));
  await client.engine.stepOnce();
  useSession.setState(({ status }) => ({
    facts: {} as never,
    runConfig: presetConfig('smoke'),
    status: { ...status, state: 'paused', step: 40 },
  }));
  useProtection.setState({ protection: { state: 'active' } } as never);
});

afterEach(() => dropOther());

function choose(): void {
  mount(
    <>
      <FileInputs />
      <EvaluateView />
    </>,
  );
  fireEvent.change(screen.getByTestId(OTHER_FOLDER), { target: { files: films } });
}

describe('another folder', { timeout: 60_000 }, () => {
  it('is read beside the films of the run, evaluated on, named in the report, and let go of', async () => {
    choose();
    await until(() => expect(useOtherFilms.getState().summary?.name).toBe('ward B'));
    expect(screen.getByTestId('other-words').textContent).toContain('test films');
    expect(useDataset.getState().summary?.name).toBe('Synthetic phantoms');
    fireEvent.click(screen.getByTestId('probe-run'));
    await until(() => expect(screen.getByTestId('probe-verdict').textContent).toContain('3 of the 84'));
    expect(useEvaluation.getState().newest.neighbours?.report).toMatchObject({
      sets: { evaluated: 'ward B', pretrained: ['Synthetic phantoms'] },
    });
    // The names are those of the other films.
    expect(useEvaluation.getState().predictions.neighbours).toMatchObject({
      paths: ['a.png', 'b.png', 'c.png'],
    });
    expect(screen.getByTestId('probe-export-films').textContent).toBe('Scores per film');
    fireEvent.click(screen.getByTestId('other-drop'));
    await until(() => expect(useEvaluation.getState().onOther).toBe(false));
    expect(screen.queryByTestId('evaluate-films')).toBeNull();
    expect(useSession.getState().status).toMatchObject({ state: 'paused', step: 1 });
  });

  it('that cannot be read says why and leaves the run alone', async () => {
    mount(
      <>
        <FileInputs />
        <EvaluateView />
      </>,
    );
    fireEvent.change(screen.getByTestId(OTHER_FOLDER), { target: { files: [chosen('notes.doc')] } });
    await until(() => expect(screen.getByTestId('error').dataset.code).toBe('folder-empty'));
    expect(useSession.getState().status.step).toBe(40);
    expect(useDataset.getState().summary?.name).toBe('Synthetic phantoms');
  });

  it('that is dropped while a run stands can be evaluated on instead of ending it', async () => {
    useDataset.setState({ pending: inputSource(films) });
    mount(<EndRunQuestion />);
    fireEvent.click(screen.getByTestId('evaluate-on-it'));
    expect(useDataset.getState().pending).toBeNull();
    await until(() => expect(useOtherFilms.getState().summary?.name).toBe('ward B'));
    expect(useEvaluation.getState().onOther).toBe(true);
    expect(useSettings.getState().view).toBe('evaluate');
  });
});
