import { expect, test } from 'vitest';
import type { KernelFacts } from '../../src/protocol/device.ts';
import { UsageError } from './arguments.ts';
import { describeKernels, kernelOptions, kernelReport } from './kernels.ts';

test('kernels are named, switched off and given forms', () => {
  expect(kernelOptions({ without: '', forms: 'fixed' })).toEqual({ without: [], forms: 'fixed' });
  expect(kernelOptions({ without: 'conv2d,vicreg', forms: 'dense=shared' })).toEqual({
    without: ['conv2d', 'vicreg'],
    forms: { dense: 'shared' },
  });
  expect(() => kernelOptions({ without: 'convolution', forms: 'fixed' })).toThrow(
    /convolution.*conv2dInputGrad/,
  );
  expect(() => kernelOptions({ without: '', forms: 'fast' })).toThrow(UsageError);
  expect(() => kernelOptions({ without: '', forms: 'pool=shared' })).toThrow(UsageError);
});

test('a report says what was off and which forms ran', () => {
  const facts: KernelFacts[] = [
    { name: 'conv2d', on: true, instead: '', form: 'shared', forms: [{ name: 'shared', ms: 0.2 }] },
    { name: 'dense', on: false, instead: '', form: 'wide', forms: [{ name: 'wide', ms: null }] },
    { name: 'add', on: true, instead: '', form: null, forms: [] },
  ];
  expect(kernelReport(facts)).toEqual({ off: ['dense'], forms: { conv2d: 'shared' } });
  expect(describeKernels(facts)).toBe(', stock TensorFlow.js instead of dense, measured: conv2d shared');
  expect(describeKernels([])).toBe('');
});
