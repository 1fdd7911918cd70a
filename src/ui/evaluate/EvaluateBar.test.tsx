// @vitest-environment happy-dom
// The bar of the Evaluate view: when an evaluation is possible, why not otherwise, and which share of the labels it takes.

import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { fakeEvaluation } from '../../fake/report.ts';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import type { DeviceFacts, EngineState } from '../../protocol/engine.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { choosePreset, setDraft, setWeights, useSettings } from '../../store/page/settings.ts';
import { setTask, useEvaluation } from '../../store/run/evaluation.ts';
import { type SessionState, useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { EvaluateBar } from './EvaluateBar.tsx';
import { EvaluateView } from './EvaluateView.tsx';

const findings = ['Effusion', 'Nodule'];
const filmTable = { length: 1, labels: Uint8Array.of(1, 0), splits: Uint8Array.of(2) };
const labelled = { findings, filmTable } as unknown as DatasetSummary;
const facts = { software: true } as DeviceFacts;
const button = () => screen.getByTestId('probe-run');

function stands(state: EngineState, others: Partial<SessionState> = {}): void {
  const runConfig = presetConfig('smoke');
  useSession.setState(({ status }) => ({ facts, runConfig, status: { ...status, state }, ...others }));
}

function withoutLabels(): void {
  stands('paused');
  useDataset.setState({ summary: null });
}

beforeEach(() => {
  choosePreset('smoke');
  useSession.setState(useSession.getInitialState());
  useEvaluation.setState(useEvaluation.getInitialState());
  useDataset.setState({ ...useDataset.getInitialState(), summary: labelled });
});

describe('why an evaluation is not possible', () => {
  it.each([
    ['a graphics adapter', () => stands('idle', { facts: null })],
    ['press Play on the Train view', () => stands('idle', { runConfig: null })],
    ['Pause or end the run', () => stands('running')],
    ['The engine is busy', () => stands('testing')],
    ['The run failed', () => stands('failed')],
    ['have no labels', () => withoutLabels()],
  ])('is said: %s', (words, arrange) => {
    arrange();
    mount(<EvaluateView />);
    expect(document.body.textContent).toContain(words);
    expect(button().getAttribute('aria-disabled')).toBe('true');
    fireEvent.click(button());
    expect(useEvaluation.getState().running).toBe(false);
  });

  it('is nothing with weights to start from, which are evaluated as they are', () => {
    stands('idle', { runConfig: null });
    setWeights(new File([], 'resnet.safetensors'));
    mount(<EvaluateView />);
    expect(button().getAttribute('aria-disabled')).toBe('false');
    setWeights(null);
  });

  it('is nothing once a run is paused on films with labels', () => {
    stands('paused');
    mount(<EvaluateView />);
    expect(button().getAttribute('aria-disabled')).toBe('false');
    expect(document.body.textContent).toContain('The model is there: press Evaluate.');
  });
});

describe('the bar', () => {
  it('offers the neighbours first, and each task with its own introduction and report', () => {
    const { unmount } = mount(<EvaluateView />);
    expect(screen.getByText(/Nothing is trained/)).toBeTruthy();
    unmount();
    useEvaluation.setState({ newest: { linear: fakeEvaluation('linear', presetConfig('smoke'), 40) } });
    const again = mount(<EvaluateView />);
    expect(screen.queryByTestId('probe-table')).toBeNull();
    again.unmount();
    setTask('linear');
    mount(<EvaluateView />);
    expect(screen.getByTestId('probe-table')).toBeTruthy();
  });

  it('takes the usual shares of the labels, and shows another that the form was given', () => {
    mount(<EvaluateBar />);
    fireEvent.click(screen.getByLabelText('10 %'));
    expect(useSettings.getState().draft.labelShare).toBe(0.1);
    fireEvent.click(screen.getByLabelText('100 %'));
    expect(screen.queryByLabelText('25 %')).toBeNull();
    setDraft('labelShare', 0.25);
  });

  it('says how far an evaluation is', () => {
    useEvaluation.setState({ running: true, progress: { stage: 'Features', done: 30, total: 60 } });
    mount(<EvaluateBar />);
    expect(screen.getByRole('status').textContent).toContain('Features 30 / 60');
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50');
    expect(screen.getByTestId('probe-cancel')).toBeTruthy();
  });
});
