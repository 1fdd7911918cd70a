// The kernels on the command line: `--without` switches some off, `--forms` fixes or measures the forms of their
// programs. What ran is in every report, because another choice rounds differently.

import {
  isKernelName,
  KERNEL_NAMES,
  type KernelFacts,
  type KernelName,
  type KernelOptions,
} from '../../src/protocol/device.ts';
import type { DeviceFacts } from '../../src/protocol/engine.ts';
import { UsageError } from './arguments.ts';

export const KERNEL_OPTIONS = {
  without: { type: 'string', default: '' },
  forms: { type: 'string', default: 'fixed' },
} as const;

export const KERNEL_USAGE = '[--without KERNEL,…] [--forms measured|KERNEL=FORM,…]';

function kernelName(text: string): KernelName {
  if (isKernelName(text)) return text;
  throw new UsageError(`there is no kernel ${text}; there are ${KERNEL_NAMES.join(', ')}.`);
}

const list = (text: string) => text.split(',').filter(Boolean);

/** @throws UsageError */
export function kernelOptions({ without, forms }: { without: string; forms: string }): KernelOptions {
  const off = list(without).map(kernelName);
  if (forms === 'fixed' || forms === 'measured') return { without: off, forms };
  const given = list(forms).map((pair) => {
    const [name = '', form = ''] = pair.split('=');
    if (!form) throw new UsageError(`--forms ${pair} is not measured, fixed or of the form kernel=form.`);
    return [kernelName(name), form] as const;
  });
  return { without: off, forms: Object.fromEntries(given) };
}

/** Which kernels were off, and the form of every other that has several. */
export function kernelReport(kernels: readonly KernelFacts[]) {
  const formed = kernels.filter(({ on, form }) => on && form !== null);
  return {
    off: kernels.filter(({ on }) => !on).map(({ name }) => name),
    forms: Object.fromEntries(formed.map(({ name, form }) => [name, form])),
  };
}

/** The adapter and the kernels that ran, for a report. */
export function machineReport({ kernels, ...adapter }: DeviceFacts) {
  return { adapter, kernels: kernelReport(kernels) };
}

/** For the line that names the adapter; empty where all is as usual. */
export function describeKernels(kernels: readonly KernelFacts[]): string {
  const { off } = kernelReport(kernels);
  const measured = kernels
    .filter(({ form, forms }) => forms.some(({ name, ms }) => name === form && ms !== null))
    .map(({ name, form }) => `${name} ${form}`);
  const parts = [
    off.length > 0 ? `stock TensorFlow.js instead of ${off.join(', ')}` : '',
    measured.length > 0 ? `measured: ${measured.join(', ')}` : '',
  ];
  return parts
    .filter(Boolean)
    .map((part) => `, ${part}`)
    .join('');
}
