// @vitest-environment happy-dom
// Kernels and self-test on the device view: what a row says, what a switch asks of the engine, and when neither can be used.

import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { createFakeClient } from '../../fake/engine.ts';
import { KERNEL_LABELS, type KernelFacts } from '../../protocol/device.ts';
import { currentClient, takeClient } from '../../store/client.ts';
import { useSelfTest } from '../../store/device/kernels.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { DevicePanelKernels } from './DevicePanelKernels.tsx';
import { DevicePanelTest } from './DevicePanelTest.tsx';

const row = (kernel: string) => document.querySelector<HTMLElement>(`[data-kernel="${kernel}"]`)!;
const lines = () =>
  [...screen.getByTestId('self-test-rows').querySelectorAll('tbody tr')].map((line) =>
    [...line.children].map(({ textContent }) => textContent),
  );

async function opened(fail = false): Promise<void> {
  takeClient(() => createFakeClient({ beat: 1, ...(fail && { fail: 'gpu-fault' as const }) }));
  const facts = await currentClient().engine.open(() => undefined);
  useSession.setState(({ status }) => ({ facts, status: { ...status, state: 'idle' } }));
}

beforeEach(() => {
  useSession.setState(useSession.getInitialState());
  useSelfTest.setState(useSelfTest.getInitialState());
});

describe('kernels', () => {
  it('say their form, the times of the others, and what stands in for one that is off', async () => {
    await opened();
    const kernels = useSession.getState().facts!.kernels;
    const changed: Partial<Record<string, Partial<KernelFacts>>> = {
      dense: { on: false, instead: 'tf.matMul' },
      conv2d: {
        form: 'shared',
        forms: [
          { name: 'wide', ms: 12.4 },
          { name: 'narrow', ms: null, fault: 'refused by the driver' },
          { name: 'shared', ms: 0.284 },
        ],
      },
    };
    useSession.setState(({ facts }) => ({
      facts: { ...facts!, kernels: kernels.map((kernel) => ({ ...kernel, ...changed[kernel.name] })) },
    }));
    mount(<DevicePanelKernels />);
    expect(row('conv2d').textContent).toContain('wide 12 msnarrow not usableshared 0.28 ms');
    expect(row('conv2d').querySelector('[data-taken=true]')!.textContent).toBe('shared 0.28 ms');
    expect(row('dense').textContent).toContain('tf.matMul');
    expect(row('dense').dataset.on).toBe('false');
    expect(screen.getByTestId('kernels').textContent).toContain('One kernel is off.');
    expect(document.querySelectorAll('[data-kernel]')).toHaveLength(Object.keys(KERNEL_LABELS).length);
  });

  it('are fixed while a run is prepared', async () => {
    await opened();
    useSession.setState({ runConfig: presetConfig('smoke') });
    mount(<DevicePanelKernels />);
    expect(screen.getByLabelText<HTMLInputElement>(KERNEL_LABELS.conv2d).disabled).toBe(true);
    expect(screen.getByTestId('kernels').textContent).toContain('Fixed while a run is prepared');
  });

  it('are switched off one at a time', async () => {
    await opened();
    mount(<DevicePanelKernels />);
    fireEvent.click(screen.getByLabelText(KERNEL_LABELS.maxPool));
    await waitFor(() => expect(row('maxPool').dataset.on).toBe('false'));
    expect(row('conv2d').dataset.on).toBe('true');
  });
});

describe('the self-test', () => {
  it('gives a row for each thing compared, in its own units, and one sentence', async () => {
    await opened();
    mount(<DevicePanelTest />);
    fireEvent.click(screen.getByTestId('test-gpu'));
    await waitFor(() => expect(screen.getByTestId('self-test-verdict').dataset.ok).toBe('true'));
    expect(lines()).toContainEqual(['Convolution', expect.any(String), '3.1e-7', '1e-5', 'right']);
    expect(lines()).toContainEqual(['Augmented views', '32 px', '1 of 255', '3 of 255', 'right']);
    expect(screen.getByTestId('self-test-verdict').textContent).toMatch(/^This GPU computes every kernel/);
  });

  it('puts what is wrong first', async () => {
    await opened(true);
    mount(<DevicePanelTest />);
    fireEvent.click(screen.getByTestId('test-gpu'));
    await waitFor(() => expect(screen.getByTestId('self-test-verdict').dataset.ok).toBe('false'));
    expect(lines()[0]!.at(-1)).not.toBe('right');
    expect(
      lines()
        .slice(1)
        .every((line) => line.at(-1) === 'right'),
    ).toBe(true);
  });

  it('waits for a device, and for an engine that rests', async () => {
    mount(<DevicePanelTest />);
    expect(screen.getByTestId<HTMLButtonElement>('test-gpu').disabled).toBe(true);
    await opened();
    useSession.setState(({ status }) => ({ status: { ...status, state: 'running' } }));
    mount(<DevicePanelTest />);
    expect(screen.getAllByTestId<HTMLButtonElement>('test-gpu').at(-1)!.disabled).toBe(true);
  });
});
