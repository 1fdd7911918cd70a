// @vitest-environment happy-dom
// What is said of runs that were kept: a fault that was mended, a run that can be taken up, one that another tab has.

import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import type { ListedRun } from '../../protocol/vault.ts';
import { useKeeping } from '../../store/run/keeping.ts';
import { useResume } from '../../store/run/resume.ts';
import { type Run, useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { FilmsQuestion, KeepingNotices } from './KeepingNotices.tsx';

const CONFIG = presetConfig('smoke');
const offered = (change: Partial<ListedRun> = {}): ListedRun =>
  ({
    id: 'r1',
    config: CONFIG,
    state: 'interrupted',
    inUse: false,
    step: 1200,
    totalSteps: 6000,
    updatedAt: Date.now() - 10 * 60_000,
    data: { fingerprint: 'f', films: 5432 },
    thumbnail: [3, 2, 1],
    ...change,
  }) as ListedRun;

beforeEach(() => {
  useSession.setState(useSession.getInitialState());
  useKeeping.setState(useKeeping.getInitialState());
  useResume.setState(useResume.getInitialState());
  useRuns.setState({ runs: [{ id: 'r1', name: 'Baseline' } as Run] });
});

describe('a notice', () => {
  const notice = {
    kind: 'recovered',
    text: 'The device was lost and opened again.',
    hint: 'Go on.',
  } as const;

  it('goes when it is closed', () => {
    useKeeping.setState({ notice });
    mount(<KeepingNotices />);
    expect(screen.getByTestId('notice').textContent).toBe('The device was lost and opened again.Go on.');
    fireEvent.click(screen.getByLabelText('Close this message'));
    expect(screen.queryByTestId('notice')).toBeNull();
  });

  it('that a fault was mended is no news once the run was halted; that a disk is full is', () => {
    useSession.setState(({ status }) => ({ status: { ...status, state: 'failed' } }));
    useKeeping.setState({ notice });
    mount(<KeepingNotices />);
    expect(screen.queryByTestId('notice')).toBeNull();
    useKeeping.setState({ notice: { ...notice, kind: 'storage' } });
    mount(<KeepingNotices />);
    expect(screen.getAllByTestId('notice')).toHaveLength(2);
  });
});

describe('a run of an earlier visit', () => {
  it('is offered with its name, how far it is and on how many films', () => {
    useResume.setState({ offer: offered() });
    mount(<KeepingNotices />);
    const text = screen.getByTestId('resume-offer').textContent!;
    expect(text).toContain('Baseline was cut off at step 1,200 of 6,000.');
    expect(text).toContain('Last kept 10 min ago, on 5,432 films.');
  });

  it('can be taken up once there is a device, and no other run is prepared', () => {
    useResume.setState({ offer: offered() });
    mount(<KeepingNotices />);
    const resume = () => screen.getAllByTestId<HTMLButtonElement>('resume').at(-1)!.disabled;
    expect(resume()).toBe(true);
    useSession.setState({ facts: {} as never });
    mount(<KeepingNotices />);
    expect(resume()).toBe(false);
    useSession.setState({ runConfig: CONFIG });
    mount(<KeepingNotices />);
    expect(resume()).toBe(true);
  });

  it('that another tab has can only be looked at', () => {
    useResume.setState({ offer: offered({ inUse: true, state: 'running' }) });
    mount(<KeepingNotices />);
    expect(screen.getByTestId('resume-offer').textContent).toContain('is open in another tab, at step 1,200');
    expect(screen.queryByTestId('resume')).toBeNull();
    expect(screen.getByTestId('watch').textContent).toBe('Look at it');
  });

  it('that was halted says so', () => {
    useResume.setState({ offer: offered({ state: 'failed' }) });
    mount(<KeepingNotices />);
    expect(screen.getByTestId('resume-offer').textContent).toContain('Baseline was halted at step 1,200');
  });
});

it('films that are not those of the run are asked about; the answer no leaves the run where it is', () => {
  useResume.setState({ changed: { id: 'r1', words: '3 films are missing' } });
  mount(<FilmsQuestion />);
  expect(screen.getByTestId('films-changed').textContent).toContain('begun with: 3 films are missing.');
  fireEvent.click(screen.getByText('Load the films first'));
  expect(useResume.getState().changed).toBeNull();
  expect(useSession.getState().busy).toBeNull();
});
