// The forms of the convolution by Winograd's transforms: which convolutions they take, both directions against the references at
// odd and even sides, the input gradient against central differences, and how far their sums round.
import { describe, expect, test } from 'vitest';
import { tf } from '../../backend.ts';
import type { Form } from '../../forms.ts';
import { testDevice } from '../../testDevice.ts';
import { gpuError, numericalGradient, relativeError, runOn, withForm } from '../parts/testing.ts';
import { conv2d, conv2dInputGrad } from './conv2d.ts';
import { caseOf, type Entry } from './testing.ts';

const FORMS = ['winograd', 'winogradShared'] as const;

/** Whole rows and parts of them, one film and several a thread, channels in fours that larger counts do not divide. */
const TAKEN: Entry[] = [
  [
    [3, 7, 8, 64],
    [3, 72, 1, 1],
  ],
  [
    [1, 9, 19, 64],
    [3, 64, 1, 1],
  ],
  [
    [3, 6, 6, 64],
    [3, 68, 1, 1],
  ],
];
/** Too few channels or too small a map for the register tiles. */
const SMALL: Entry[] = [
  [
    [2, 21, 35, 12],
    [3, 20, 1, 1],
  ],
  [
    [9, 2, 2, 64],
    [3, 64, 1, 1],
  ],
  [
    [3, 1, 1, 8],
    [3, 4, 1, 1],
  ],
];
/** Another window, another stride, channels that do not come in fours. */
const OTHER: Entry[] = [
  [
    [1, 16, 16, 64],
    [3, 64, 2, 1],
  ],
  [
    [1, 16, 16, 64],
    [1, 64, 1, 0],
  ],
  [
    [1, 16, 16, 64],
    [3, 64, 1, 0],
  ],
  [
    [1, 16, 16, 66],
    [3, 64, 1, 1],
  ],
  [
    [1, 16, 16, 64],
    [3, 66, 1, 1],
  ],
];

/** Names of the programs of a convolution and its input gradient. */
async function programsAt(form: Form, ...entry: Entry): Promise<string[]> {
  const { runtime } = await testDevice();
  const { x, w, dy, window } = caseOf(entry);
  const [, height, width] = x.shape as [number, number, number];
  const tensors = [x, w, dy].map(({ shape, data }) => tf.tensor(data, [...shape]));
  const [image, filter, gradient] = tensors as [tf.Tensor, tf.Tensor, tf.Tensor];
  const names: string[] = [];
  await withForm(form, async () => {
    const programs = runtime.collect(() => {
      tf.dispose(conv2d({ x: image, w: filter }, window));
      tf.dispose(conv2dInputGrad({ dy: gradient, w: filter }, { ...window, height, width }));
    });
    names.push(...programs.map(({ name }) => name));
  });
  tf.dispose(tensors);
  return names;
}

const isWinograd = (name: string) => name.startsWith('winograd');

describe.each(FORMS)('%s', (form) => {
  test.each(TAKEN)('x %j with window %j is convolved by it', async (...entry) => {
    const names = await programsAt(form, ...entry);
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !isWinograd(name))).toEqual([]);
  });

  test.each(OTHER)('x %j with window %j is left to other forms', async (...entry) => {
    const names = await programsAt(form, ...entry);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter(isWinograd)).toEqual([]);
  });

  test.each(form === 'winograd' ? TAKEN : [...TAKEN, ...SMALL])(
    'x %j with window %j equals the reference',
    async (...entry) => {
      const { x, w, dy, window } = caseOf(entry);
      const [, height, width] = x.shape as [number, number, number];
      await withForm(form, async () => {
        expect(await gpuError(conv2d, { x, w }, window)).toBeLessThan(2e-6);
        expect(await gpuError(conv2dInputGrad, { dy, w }, { ...window, height, width })).toBeLessThan(2e-6);
      });
    },
  );

  test('its sums over many channels round about as far as direct ones', async () => {
    const { x, w, window } = caseOf([
      [1, 8, 8, 512],
      [3, 64, 1, 1],
    ]);
    const plain = await runOn('cpu', conv2d, { x, w }, window);
    const errors: number[] = [];
    for (const tried of ['wide', form] as const) {
      await withForm(tried, async () => {
        const { outputs } = await runOn('webgpu', conv2d, { x, w }, window);
        errors.push(relativeError(outputs[0]!, plain.outputs[0]!));
      });
    }
    const [direct, found] = errors as [number, number];
    expect(found).toBeLessThan(2e-6);
    expect(found).toBeLessThan(2 * direct);
  });
});

test.each(SMALL)('register tiles leave x %j with window %j to the direct ones', async (...entry) => {
  expect((await programsAt('winograd', ...entry)).filter(isWinograd)).toEqual([]);
  expect(await programsAt('winogradShared', ...entry)).toContain('winogradShared');
});

test.each<[Form, Entry]>([
  // Few channels in, so that there are few numbers to change.
  [
    'winograd',
    [
      [1, 4, 4, 4],
      [3, 1024, 1, 1],
    ],
  ],
  [
    'winogradShared',
    [
      [2, 5, 6, 8],
      [3, 12, 1, 1],
    ],
  ],
])('%s: the input gradient equals central differences', async (form, entry) => {
  const { x, w, dy, window } = caseOf(entry);
  const [, height, width] = x.shape as [number, number, number];
  expect((await programsAt(form, ...entry)).filter((name) => !isWinograd(name))).toEqual([]);
  await withForm(form, async () => {
    const { outputs } = await runOn('webgpu', conv2dInputGrad, { dy, w }, { ...window, height, width });
    const wanted = numericalGradient(conv2d, { x, w }, window, 'x', dy.data);
    expect(relativeError(outputs[0]!, wanted)).toBeLessThan(2e-6);
  });
});
