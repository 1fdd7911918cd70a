// @vitest-environment happy-dom
// What the page says at once: the failure with its code, and the ways back that its data names, each as one press.

import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { choosePreset, useSettings } from '../../store/page/settings.ts';
import { useKeeping } from '../../store/run/keeping.ts';
import { showError, useSession } from '../../store/session.ts';
import { AppError, type ErrorData } from '../../util/errors.ts';
import { mount } from '../testPage.tsx';
import { EndRunQuestion, Messages } from './Messages.tsx';

const fails = (code: ConstructorParameters<typeof AppError>[0], data: ErrorData = {}) => {
  showError(new AppError(code, 'the maps need 392 MiB.', { data }));
  mount(<Messages panelShown />);
};

beforeEach(() => {
  choosePreset('paper');
  useSession.setState(useSession.getInitialState());
  useKeeping.setState(useKeeping.getInitialState());
  useDataset.setState(useDataset.getInitialState());
});

describe('a failure', () => {
  it('is said once, with what to do and its code, and goes when it is closed', () => {
    fails('does-not-fit', { proposal: 'laptop' });
    const notice = screen.getByTestId('error');
    expect(notice.dataset.code).toBe('does-not-fit');
    expect(notice.textContent!.match(/laptop/g)).toHaveLength(1);
    expect(notice.textContent).toContain('the maps need 392 MiB.');
    fireEvent.click(screen.getByLabelText('Close this message'));
    expect(screen.queryByTestId('error')).toBeNull();
  });

  it('offers the preset and the batch that its data names, and takes them', () => {
    fails('does-not-fit', { proposal: 'laptop', batch: 20 });
    expect(screen.getByTestId('smaller-preset').textContent).toContain('Laptop');
    fireEvent.click(screen.getByTestId('smaller-batch'));
    expect(useSettings.getState().draft).toEqual({ ...presetConfig('paper'), batchSize: 20 });
    expect(useSession.getState().error).toBeNull();
  });

  it('offers no preset that is none, and nothing that it was not told', () => {
    fails('does-not-fit', { proposal: 'palm' });
    expect(screen.queryByTestId('smaller-preset')).toBeNull();
    expect(screen.queryByTestId('smaller-batch')).toBeNull();
  });

  it('of the numbers leads back to the last good step, as suggested or as it was', () => {
    useKeeping.setState({
      rollback: {
        step: 12_000,
        suggestions: [{ key: 'learningRate', value: 0.01, text: 'learning rate 0.01' }],
      },
    });
    fails('loss-not-finite');
    expect(screen.getByTestId('roll-back-learningRate').textContent).toBe(
      'Back to step 12,000, learning rate 0.01',
    );
    expect(screen.getByTestId('roll-back').textContent).toBe('Back to step 12,000');
    expect(screen.getByTestId('remedy').textContent).toBe('Reset');
  });

  it('of anything else is over once read, unless the run was halted by it', () => {
    fails('labels-unreadable');
    expect(screen.queryByTestId('remedy')).toBeNull();
  });
});

describe('the question before a run is ended', () => {
  it('names step and films; keeping the run changes nothing', () => {
    const pending = { kind: 'files', name: 'ward 7' } as const;
    useDataset.setState({ pending });
    useSession.setState(({ status }) => ({ status: { ...status, step: 1200 } }));
    mount(<EndRunQuestion />);
    expect(document.body.textContent).toContain('The run stands at step 1,200. Loading ward 7 ends it');
    fireEvent.click(screen.getByText('Keep this run'));
    expect(useDataset.getState()).toMatchObject({ pending: null, source: null });
  });
});
