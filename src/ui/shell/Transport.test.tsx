// @vitest-environment happy-dom
// The bar at the top: what the buttons are called and when they can be pressed, and that bar and words tell of the same thing.

import { fireEvent, screen } from '@testing-library/react';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { createFakeClient } from '../../fake/engine.ts';
import type { DeviceFacts, RunStatus } from '../../protocol/engine.ts';
import { takeClient } from '../../store/client.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { useSettings } from '../../store/page/settings.ts';
import { type SessionState, useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { HelpOverlay } from './CommandButton.tsx';
import { Transport } from './Transport.tsx';

const FACTS: DeviceFacts = {
  vendor: 'nvidia',
  architecture: 'ampere',
  description: 'NVIDIA GeForce RTX 3060 Laptop GPU',
  software: false,
  features: [],
  limits: {} as DeviceFacts['limits'],
  kernels: [],
};

function show(status: Partial<RunStatus>, session: Partial<SessionState> = {}) {
  useSession.setState((before) => ({ facts: FACTS, ...session, status: { ...before.status, ...status } }));
  mount(<Transport />);
}

const button = (name: string) => screen.getByTestId<HTMLButtonElement>(`command-${name}`);
const bar = () => screen.getByRole('progressbar');
const fill = () => (bar().firstElementChild as HTMLElement).style.transform;
const RUN = { runConfig: presetConfig('smoke') };

// A run that rests is looked into.
beforeAll(() => void takeClient(createFakeClient.bind(null, { beat: 1 })));

beforeEach(() => {
  useSession.setState(useSession.getInitialState());
  useDataset.setState(useDataset.getInitialState());
});

describe('the buttons', () => {
  it('cannot be pressed before there are films', () => {
    show({ state: 'idle' });
    expect(['playPause', 'step', 'stop', 'reset'].map((name) => button(name).disabled)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('begin a run once films are there or on their way', () => {
    useDataset.setState({ phase: 'reading' });
    show({ state: 'idle' });
    expect(button('playPause').textContent).toBe('Play');
    expect(['playPause', 'step', 'stop', 'reset'].map((name) => button(name).disabled)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('pause a run that goes on, and end it, but not reset it', () => {
    useDataset.setState({ phase: 'ready' });
    show({ state: 'running', step: 3, totalSteps: 10 }, RUN);
    expect(button('playPause').textContent).toBe('Pause');
    expect(['playPause', 'step', 'stop', 'reset'].map((name) => button(name).disabled)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('resume one that rests', () => {
    useDataset.setState({ phase: 'ready' });
    show({ state: 'paused', step: 3, totalSteps: 10 }, RUN);
    expect(button('playPause').textContent).toBe('Resume');
    expect(button('reset').disabled).toBe(false);
  });

  it('offer nothing but a reset after a fault that only fresh workers mend', () => {
    useDataset.setState({ phase: 'ready' });
    const error = { code: 'device-lost', message: '', hint: '' } as never;
    show({ state: 'failed', step: 3, totalSteps: 10 }, { ...RUN, error });
    expect(['playPause', 'step', 'reset'].map((name) => button(name).disabled)).toEqual([true, true, false]);
  });
});

describe('the bar', () => {
  it('fills with the steps of the run', () => {
    show(
      { state: 'running', step: 1500, totalSteps: 6000, etaSeconds: 90 },
      { ...RUN, imagesPerSecond: 321.4 },
    );
    expect(bar().getAttribute('aria-valuenow')).toBe('25');
    expect(bar().getAttribute('aria-valuetext')).toMatch(/^25 ?%, training$/);
    expect(fill()).toBe('scaleX(0.25)');
    expect(screen.getByTestId('step').textContent).toBe('step 1,500 / 6,000');
    expect(screen.getByTestId('transport').textContent).toMatch(/2 min left/);
    expect(screen.getByTestId('transport').textContent).toContain('321 img/s');
  });

  it('shows what is compiled while that goes on, whatever the run says', () => {
    show({ state: 'compiling', step: 0, totalSteps: 6000 }, { compile: { done: 21, total: 84 } });
    expect(fill()).toBe('scaleX(0.25)');
    expect(bar().getAttribute('aria-valuetext')).toMatch(/compiling 21 of 84 kernels$/);
  });

  it('shows the reading of films before there is a run', () => {
    useDataset.setState({ phase: 'reading', progress: { done: 30, total: 40, skipped: 0, found: 0 } });
    show({ state: 'idle' });
    expect(fill()).toBe('scaleX(0.75)');
    expect(bar().getAttribute('aria-valuetext')).toMatch(/reading films 30 of 40$/);
  });

  it('says no time that is over', () => {
    show({ state: 'done', step: 10, totalSteps: 10, etaSeconds: 90 }, RUN);
    expect(screen.getByTestId('transport').textContent).not.toContain('left');
  });
});

it('names the adapter in short, and says of a software one that it is slow', () => {
  show({ state: 'idle' }, { memoryReserved: 2 ** 30 });
  expect(screen.getByTestId('transport').textContent).toContain('RTX 3060');
  expect(screen.queryByTestId('software-badge')).toBeNull();
  show({ state: 'idle' }, { facts: { ...FACTS, software: true } });
  expect(screen.getAllByTestId('software-badge')[0]!.textContent).toContain('correct but slow');
});

it('opens the drawers that hold the columns where the window is narrow', () => {
  show({ state: 'idle' });
  fireEvent.click(screen.getByTestId('open-inspect'));
  expect(useSettings.getState().drawer).toBe('inspect');
  useSettings.setState({ drawer: null });
});

it('lists every command with its keys on demand', () => {
  useDataset.setState({ phase: 'ready' });
  show({ state: 'idle' });
  mount(<HelpOverlay />);
  fireEvent.click(button('help'));
  const help = screen.getByTestId('help').textContent!;
  for (const words of ['Play or pause', 'One step', 'End the run', 'Reset to the same start'])
    expect(help).toContain(words);
  useSettings.setState({ helpOpen: false });
});
