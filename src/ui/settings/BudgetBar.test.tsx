// @vitest-environment happy-dom
// What a configuration will need, and what would fit where it does not: the engine's answer as the page shows it.

import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Budget } from '../../protocol/device.ts';
import type { DeviceFacts } from '../../protocol/engine.ts';
import { takeClient } from '../../store/client.ts';
import { choosePreset, useSettings } from '../../store/page/settings.ts';
import { useBudget } from '../../store/run/budget.ts';
import { useSession } from '../../store/session.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { mount } from '../testPage.tsx';
import { BudgetBar } from './BudgetBar.tsx';

const MB = 1e6;
const facts = {
  software: true,
  limits: { maxBufferSize: 256 * MB, maxStorageBufferBindingSize: 128 * MB },
} as DeviceFacts;
const budget: Budget = {
  parameters: 11_176_512,
  parameterBytes: 90 * MB,
  activationBytes: 310 * MB,
  totalBytes: 400 * MB,
  largestBufferBytes: 64 * MB,
  largestBufferName: 'the kernel "Convolution"',
  fits: true,
};

/** An engine that is still planning: what the bar shows is what the test says. */
const never = new Promise<never>(() => undefined);
const planning = { engine: { plan: () => never }, fault: never, dispose: () => undefined };

beforeEach(() => {
  takeClient(() => planning as unknown as PlaygroundClient);
  choosePreset('paper');
  useSession.setState({ ...useSession.getInitialState(), facts });
});

describe('the budget', () => {
  it('is not there before a device is', () => {
    useSession.setState({ facts: null });
    useBudget.setState({ budget });
    mount(<BudgetBar />);
    expect(screen.queryByTestId('budget')).toBeNull();
  });

  it('says need, parameters and the largest buffer against what one may be', () => {
    useBudget.setState({ budget });
    mount(<BudgetBar />);
    const { textContent, dataset } = screen.getByTestId('budget');
    expect(dataset.fits).toBe('true');
    for (const words of ['400 MB', '11.2 M parameters', 'Largest buffer 64 MB of 128 MB']) {
      expect(textContent).toContain(words);
    }
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('says why a configuration is too large, and offers what would fit', () => {
    useBudget.setState({
      budget: { ...budget, fits: false, reason: 'one buffer of 392 MB.', proposal: 'laptop', batch: 20 },
    });
    mount(<BudgetBar />);
    expect(screen.getByRole('status').textContent).toContain('Too large: one buffer of 392 MB.');
    fireEvent.click(screen.getByText('Use batch size 20'));
    expect(useSettings.getState()).toMatchObject({ preset: 'paper', draft: { batchSize: 20 } });
    fireEvent.click(screen.getByText('Use Laptop'));
    expect(useSettings.getState().preset).toBe('laptop');
  });
});
