// @vitest-environment happy-dom
// The Study view on the scripted engine: what it refuses, the table from click to sentence, a halt in the middle and going on, a
// run that blows up, a study of an earlier visit.

import { act, fireEvent, screen } from '@testing-library/react';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { choosePreset, setDraft, useSettings } from '../../store/page/settings.ts';
import { startSession, stop } from '../../store/run/acts.ts';
import { useSession } from '../../store/session.ts';
import { changePlan, dropStudy, haltStudy, startStudy, useStudy } from '../../store/study/study.ts';
import { isComplete } from '../../study/queue.ts';
import { readStudy } from '../../vault/studyFile.ts';
import { mount } from '../testPage.tsx';
import { StudyView } from './StudyView.tsx';

const study = () => useStudy.getState();
const until = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 10 });

/** A page whose engine takes a step every `beat` milliseconds. */
async function opened(options: Parameters<typeof createFakeClient>[0]): Promise<void> {
  choosePreset('smoke');
  setDraft('maxSteps', 60);
  await startSession(() => createFakeClient(options));
  await until(() => expect(useDataset.getState().phase).toBe('ready'));
}

beforeEach(async () => {
  await dropStudy();
  useSession.setState(useSession.getInitialState());
  useStudy.setState(useStudy.getInitialState());
  changePlan({ seeds: 1, shares: [1] });
});
afterAll(() => stop());

describe('the Study view', () => {
  it('says why no study can begin', async () => {
    await opened({ beat: 1 });
    changePlan({ methods: [] });
    mount(<StudyView />);
    expect(document.body.textContent).toContain('a study needs a method');
    expect(screen.getByTestId('study-start').hasAttribute('disabled')).toBe(true);
    act(() => changePlan({ methods: ['vicreg', 'simclr'] }));
    expect(study().plan.reference).toBe('vicreg');
    expect(screen.getByTestId('study-start').hasAttribute('disabled')).toBe(false);
  });

  it('fills its table from click to sentence, and offers the files', async () => {
    await opened({ beat: 0.2 });
    changePlan({ rates: [0.001, 0.005] });
    mount(<StudyView />);
    fireEvent.click(screen.getByTestId('study-start'));
    await until(() => expect(screen.queryByTestId('study-progress')).not.toBeNull());
    await until(() => expect(study().state && isComplete(study().state!)).toBe(true));
    await until(() =>
      expect(screen.getByTestId('study-verdict').textContent).toContain('With a single seed'),
    );
    const rows = [...document.querySelectorAll('[data-row]')].map((row) => row.getAttribute('data-row'));
    expect(rows).toEqual(['mlvicx', 'vicreg', 'random-bottlenecks', 'random-plain', 'pixels']);
    for (const row of document.querySelectorAll('[data-row]')) expect(row.textContent).toMatch(/0\.\d{3}/);
    expect(screen.getByTestId('study-export-html')).toBeTruthy();
    expect(document.body.textContent).toContain('Read with care');
    expect(useSettings.getState().draft.maxSteps).toBe(60);
    // What is kept is what is shown.
    expect((await readStudy())?.scored).toEqual(JSON.parse(JSON.stringify(study().state!.scored)));
  });

  it('halts after the step in flight and goes on with the same run', async () => {
    await opened({ beat: 5 });
    mount(<StudyView />);
    fireEvent.click(screen.getByTestId('study-start'));
    await until(() => expect(study().job?.part).toBe('trained'));
    await until(() => expect(useSession.getState().status.step).toBeGreaterThan(2));
    fireEvent.click(screen.getByTestId('study-halt'));
    await until(() => expect(study().running).toBe(false));
    expect(study().error).toBeNull();
    expect(Object.keys(study().state!.trained)).toEqual([]);
    fireEvent.click(screen.getByTestId('study-continue'));
    await until(() => expect(Object.keys(study().state!.trained)).toContain('mlvicx-seed1'));
    await until(() => expect(study().running).toBe(false));
    expect(isComplete(study().state!)).toBe(true);
  });

  it('halts while a run is still being compiled, before its first step', async () => {
    await opened({ beat: 5 });
    void startStudy();
    await until(() => expect(study().job?.part).toBe('trained'));
    await until(() => expect(useSession.getState().status.state).toBe('compiling'));
    haltStudy();
    await until(() => expect(study().running).toBe(false));
    expect(useSession.getState().status).toMatchObject({ state: 'ready', step: 0 });
    expect(study().state!.trained).toEqual({});
  });

  it('leaves out a run that blows up, and shows no fault of the page for it', async () => {
    await opened({ beat: 1, fail: 'loss-not-finite' });
    await startStudy();
    expect(Object.keys(study().state!.failed)).toEqual(['mlvicx-seed1', 'vicreg-seed1']);
    expect(useSession.getState().error).toBeNull();
    mount(<StudyView />);
    expect(document.body.textContent).toContain('mlvicx-seed1: The loss is no longer a finite number');
    expect(screen.getByTestId('study-verdict').textContent).toBe(
      'MLVICX has no score, so nothing can be said.',
    );
  });

  it('stands still where the device is gone, with what is finished', async () => {
    await opened({ beat: 1, fail: 'device-lost-often' });
    mount(<StudyView />);
    fireEvent.click(screen.getByTestId('study-start'));
    await until(() => expect(study().error?.code).toBe('device-lost-often'));
    expect(study().state!.failed).toEqual({});
    expect(Object.keys(study().state!.scored)).toContain('pixels-seed1');
    expect(screen.getByTestId('study-continue')).toBeTruthy();
  });
});
