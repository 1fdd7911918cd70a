// The three convolution kernels against their references at the network's windows, with odd sizes and channel
// counts that no vector divides, and the gradients against central differences and stock tfjs.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { describe, expect, test } from 'vitest';
import { tf } from '../../backend.ts';
import { CONV_FORMS, type Form } from '../../forms.ts';
import { sizeOf } from '../../kernel.ts';
import { testDevice } from '../../testDevice.ts';
import { gpuError, numericalGradient, relativeError, runOn, withForm } from '../parts/testing.ts';
import { conv2d, conv2dFilterGrad, conv2dInputGrad, convShape } from './conv2d.ts';
import { chooseFilterTile } from './convFilterTile.ts';
import { LARGE_WORK } from './convTile.ts';
import { caseOf, type Entry } from './testing.ts';

const CASES: Entry[] = [
  [
    [4, 32, 32, 3],
    [7, 8, 2, 3],
  ],
  [
    [2, 33, 47, 1],
    [7, 6, 2, 3],
  ],
  [
    [3, 16, 16, 8],
    [3, 8, 1, 1],
  ],
  [
    [2, 21, 35, 12],
    [3, 20, 1, 1],
  ],
  [
    [5, 7, 9, 5],
    [3, 6, 2, 1],
  ],
  [
    [2, 16, 16, 8],
    [3, 16, 2, 1],
  ],
  [
    [9, 2, 2, 64],
    [3, 64, 1, 1],
  ],
  [
    [6, 4, 4, 32],
    [3, 64, 2, 1],
  ],
  [
    [3, 1, 1, 10],
    [3, 7, 1, 1],
  ],
  [
    [2, 15, 40, 6],
    [1, 9, 2, 0],
  ],
  [
    [3, 8, 8, 16],
    [1, 32, 2, 0],
  ],
  [
    [2, 5, 6, 4],
    [5, 3, 3, 2],
  ],
  [
    [6, 9, 21, 8],
    [3, 32, 1, 1],
  ],
];

async function expectReference(...entry: Entry) {
  const { x, w, dy, window } = caseOf(entry);
  const [, height, width] = x.shape as [number, number, number];
  const kernel = w.shape.slice(0, 2) as [number, number];
  expect(await gpuError(conv2d, { x, w }, window)).toBeLessThan(2e-6);
  expect(await gpuError(conv2dInputGrad, { dy, w }, { ...window, height, width })).toBeLessThan(2e-6);
  expect(await gpuError(conv2dFilterGrad, { x, dy }, { ...window, kernel })).toBeLessThan(2e-6);
}

/** Every window, both strides, channels that come in fours and that do not. */
const FOR_SHARED = [0, 1, 2, 3, 4, 9, 10, 11].map((i) => CASES[i]!);

/** Those by Winograd's transforms are tried in winograd.gpu.test.ts. */
const FORMS = CONV_FORMS.all.filter((form) => !form.startsWith('winograd'));

describe.each(FORMS)('%s tiles', (form) => {
  test.each(form === 'shared' ? FOR_SHARED : CASES)(
    'x %j with window %j equals the reference',
    async (...entry) => {
      await withForm(form, () => expectReference(...entry));
    },
  );

  test.each([CASES[4]!, CASES[8]!, CASES[11]!])(
    'gradients at %j %j equal central differences',
    async (...entry) => {
      await withForm(form, () => expectSlope(...entry));
    },
  );
});

async function expectSlope(...entry: Entry) {
  const { x, w, dy, window } = caseOf(entry);
  const [, height, width] = x.shape as [number, number, number];
  const kernel = w.shape.slice(0, 2) as [number, number];
  const dx = await runOn('webgpu', conv2dInputGrad, { dy, w }, { ...window, height, width });
  expect(
    relativeError(dx.outputs[0]!, numericalGradient(conv2d, { x, w }, window, 'x', dy.data)),
  ).toBeLessThan(2e-6);
  const dw = await runOn('webgpu', conv2dFilterGrad, { x, dy }, { ...window, kernel });
  expect(
    relativeError(dw.outputs[0]!, numericalGradient(conv2d, { x, w }, window, 'w', dy.data)),
  ).toBeLessThan(2e-6);
}

/** Work from which tiles are larger: a row in parts, a stride, and small maps. */
const LARGE: Entry[] = [
  [
    [3, 9, 37, 80],
    [3, 96, 1, 1],
  ],
  [
    [8, 19, 21, 96],
    [3, 96, 2, 1],
  ],
  [
    [8, 9, 37, 48],
    [3, 64, 1, 1],
  ],
  [
    [33, 4, 3, 144],
    [3, 148, 1, 1],
  ],
];

test.each(LARGE)('x %j with window %j in larger tiles equals the reference', async (...entry) => {
  const { w, dy } = caseOf(entry);
  expect((sizeOf(w.shape) * sizeOf(dy.shape)) / w.shape[3]!).toBeGreaterThanOrEqual(LARGE_WORK);
  for (const form of ['wide', 'exchanged'] as const) await withForm(form, () => expectReference(...entry));
});

test.each([...CASES, ...LARGE])(
  'x %j with window %j: looped gives what the tiles give, to the last bit',
  async (...entry) => {
    const { x, w, dy, window } = caseOf(entry);
    const [, height, width] = x.shape as [number, number, number];
    const made = async (form: Form) => {
      const outputs: Float32Array[] = [];
      await withForm(form, async () => {
        outputs.push(...(await runOn('webgpu', conv2d, { x, w }, window)).outputs);
        outputs.push(
          ...(await runOn('webgpu', conv2dInputGrad, { dy, w }, { ...window, height, width })).outputs,
        );
      });
      return outputs;
    };
    const looped = await made('looped');
    for (const form of ['wide', 'narrow', 'exchanged'] as const) {
      const tiled = await made(form);
      for (const [i, numbers] of looped.entries())
        expect(numbers.filter((value, at) => value !== tiled[i]![at])).toHaveLength(0);
    }
  },
);

test('a strided input gradient multiplies in no form what a stride skips', async () => {
  const { runtime } = await testDevice();
  const [n, side, channels] = [4, 28, 64];
  const { dispatch } = runtime;
  const multiplied = new Map<string, number>();
  for (const form of CONV_FORMS.all) {
    await withForm(form, async () => {
      runtime.dispatch = (...[, , , , work = 0]) => multiplied.set(form, work);
      const [dy, w] = [tf.ones([n, side / 2, side / 2, channels]), tf.ones([3, 3, channels, channels])];
      const attrs = { stride: 2, pad: 1, height: side, width: side };
      tf.dispose([dy, w, ...conv2dInputGrad({ dy, w }, attrs)]);
      runtime.dispatch = dispatch;
    });
  }
  // Every tap meets every place of dy once, whichever side is counted.
  const needed = 9 * channels * channels * n * (side / 2) ** 2;
  expect([...multiplied.values()]).toEqual(CONV_FORMS.all.map(() => needed));
});

test('what a thread of a narrow filter gradient holds at once fits into the registers of a card', () => {
  const held = ([kernel, stride, pad, cin]: readonly number[], side: number) => {
    const attrs = { kernel: [kernel!, kernel!] as const, stride: stride!, pad: pad! };
    const made = convShape([32, side, side, cin!], [kernel!, kernel!, cin!, 64], attrs);
    const { images, rows, columns, read, quads, tapRows } = chooseFilterTile(
      'narrow',
      attrs,
      [32, side, side, cin!],
      made,
    );
    const sums = tapRows * kernel! * read * 4 * quads;
    const across = (columns - 1) * stride! + kernel!;
    return sums + images * rows * (columns * 4 * quads + across * read);
  };
  // A card has 255; RADV spilled from 220 on, addresses and counters being in them too.
  const windows = [
    [7, 2, 3, 3],
    [3, 1, 1, 64],
    [3, 2, 1, 64],
    [1, 2, 0, 64],
  ];
  const sides = [4, 7, 8, 12, 14, 16, 28, 32, 56, 64, 112, 224];
  const most = windows.map((window) => Math.max(...sides.map((side) => held(window, side))));
  expect(most.every((count) => count <= 212)).toBe(true);
});

test('stock tfjs on the cpu agrees with the forward convolution and both gradients', async () => {
  const { x, w, dy, window } = caseOf(CASES[4]!);
  const [, height, width] = x.shape as [number, number, number];
  const ours = [
    await runOn('webgpu', conv2d, { x, w }, window),
    await runOn('webgpu', conv2dInputGrad, { dy, w }, { ...window, height, width }),
    await runOn('webgpu', conv2dFilterGrad, { x, dy }, { ...window, kernel: [3, 3] }),
  ];
  await tf.setBackend('cpu');
  const forward = (a: tf.Tensor, b: tf.Tensor) =>
    tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, window.stride, window.pad);
  const inputs = [x, w].map(({ shape, data }) => tf.tensor(data, [...shape]));
  const stock = [
    forward(inputs[0]!, inputs[1]!),
    ...tf.grads(forward)(inputs, tf.tensor(dy.data, [...dy.shape])),
  ];
  for (const [i, tensor] of stock.entries()) {
    expect(relativeError(ours[i]!.outputs[0]!, await tensor.data())).toBeLessThan(2e-6);
  }
  tf.dispose([...inputs, ...stock]);
  await tf.setBackend('webgpu');
});
