// Views rendered on the GPU against the plain loops, stage by stage, on films and views of odd sizes.
import { afterEach, describe, expect, test } from 'vitest';
import { Rng } from '../../../util/rng.ts';
import { currentRuntime } from '../../kernel.ts';
import { testDevice } from '../../testDevice.ts';
import { type Given, runOn } from '../parts/testing.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  planeWords,
  type ViewRecord,
  wholeFilm,
} from './viewInput.ts';
import { renderViews, resizeEval, VIEW_STAGES } from './views.ts';
import { resampleWeights } from './viewsReference.ts';

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

/** A film with smooth parts, edges, noise and saturated corners. */
function film(width: number, height: number, seed: number): Uint8Array {
  const rng = new Rng(seed, 'synthetic');
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const edge = (x >> 3) % 2 === (y >> 4) % 2 ? 60 : 0;
    const value = 110 + 90 * Math.sin(x / 9) * Math.cos(y / 13) + edge + 12 * rng.normal();
    return x + y < 12 ? 255 : x > width - 8 ? 0 : Math.min(255, Math.max(0, value));
  });
}

const SIDES = [
  [50, 61],
  [64, 48],
  [131, 97],
] as const;

function packed(views: readonly (readonly [film: number, view: ViewRecord])[]): {
  planes: Given;
  params: Given;
} {
  const planes = SIDES.map(([w, h], i) => film(w, h, i));
  const { words, films } = packPlanes(
    planes,
    SIDES.map(([w]) => w),
    SIDES.map(([, h]) => h),
  );
  const params = packViewParameters(views.map(([index, view]) => ({ film: films[index]!, view })));
  return {
    planes: { shape: [words.length], data: words },
    params: { shape: [views.length, PARAMETER_WORDS], data: params },
  };
}

const brightness = (factor: number) => ({ op: 'brightness', factor }) as const;
const contrast = (factor: number) => ({ op: 'contrast', factor }) as const;
const views: [number, ViewRecord][] = [
  [
    0,
    { box: { top: 3, left: 5, height: 41, width: 38 }, flip: true, jitter: [], sigma: 0.8, solarise: true },
  ],
  [
    1,
    {
      box: { top: 0, left: 0, height: 48, width: 64 },
      flip: false,
      jitter: [brightness(1.3)],
      sigma: null,
      solarise: false,
    },
  ],
  [
    2,
    {
      box: { top: 7, left: 30, height: 90, width: 101 },
      flip: true,
      jitter: [brightness(0.7), contrast(1.4)],
      sigma: 1.9,
      solarise: false,
    },
  ],
  [
    2,
    {
      box: { top: 20, left: 1, height: 9, width: 7 },
      flip: false,
      jitter: [contrast(0.61), brightness(1.37)],
      sigma: 0.1,
      solarise: true,
    },
  ],
  [
    1,
    {
      box: { top: 40, left: 63, height: 1, width: 1 },
      flip: false,
      jitter: [contrast(1.2)],
      sigma: null,
      solarise: true,
    },
  ],
];

function compare(found: ArrayLike<number>, wanted: ArrayLike<number>) {
  let largest = 0;
  let sum = 0;
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const distance = Math.abs(found[i]! - wanted[i]!);
    largest = Math.max(largest, distance);
    sum += distance;
  }
  return { largest, mean: sum / wanted.length };
}

describe('renderViews', () => {
  test.each([
    [32, 3],
    [33, 5],
    [46, 1],
    [64, 7],
  ])('at %i px with a blur of %i equals the loops at every stage', async (size, blurKernel) => {
    for (const stopAfter of VIEW_STAGES) {
      const attrs = { size, blurKernel, maxSide: 131, normalise: false, stopAfter };
      const gpu = await runOn('webgpu', renderViews, packed(views), attrs);
      const plain = await runOn('cpu', renderViews, packed(views), attrs);
      const { largest, mean } = compare(gpu.outputs[0]!, plain.outputs[0]!);
      // A rare difference of one level in the resize is amplified by at most 1.4 * 1.37 and then cut off.
      expect(largest, stopAfter).toBeLessThanOrEqual(stopAfter === 'crop' || stopAfter === 'flip' ? 1 : 3);
      expect(mean, stopAfter).toBeLessThan(1e-3);
    }
  });

  test.each([32, 35])('normalises grey levels into three channels at %i px', async (size) => {
    const attrs = { size, blurKernel: 3, maxSide: 131 };
    const [grey] = (await runOn('webgpu', renderViews, packed(views), { ...attrs, normalise: false }))
      .outputs;
    const [rgb] = (await runOn('webgpu', renderViews, packed(views), { ...attrs, normalise: true })).outputs;
    const wanted = [...grey!].flatMap((v) => [
      (v / 255 - 0.485) / 0.229,
      (v / 255 - 0.456) / 0.224,
      (v / 255 - 0.406) / 0.225,
    ]);
    expect(compare(rgb!, wanted).largest).toBeLessThan(2e-6);
  });

  test.each([
    [32, 3],
    [33, 5],
    [96, 1],
  ])('at %i px, turned, equals the loops at every stage', async (size, blurKernel) => {
    const turns = [-10, 4.3, 33, 90, 0];
    const inputs = packed(views.map(([at, view], i) => [at, { ...view, rotation: turns[i]! }] as const));
    for (const stopAfter of VIEW_STAGES) {
      const attrs = { size, blurKernel, maxSide: 131, normalise: false, stopAfter, turned: true };
      const gpu = await runOn('webgpu', renderViews, inputs, attrs);
      const plain = await runOn('cpu', renderViews, inputs, attrs);
      const { largest, mean } = compare(gpu.outputs[0]!, plain.outputs[0]!);
      expect(largest, stopAfter).toBeLessThanOrEqual(stopAfter === 'crop' || stopAfter === 'flip' ? 1 : 3);
      expect(mean, stopAfter).toBeLessThan(1e-3);
    }
  });

  test('a view that does not turn is the same to the last bit as before there was a rotation', async () => {
    const attrs = { size: 46, blurKernel: 5, maxSide: 131, normalise: true };
    const before = packed(views);
    const still = packed(views.map(([at, view]) => [at, { ...view, rotation: 0 }] as const));
    expect([...new Uint32Array(still.params.data.slice().buffer)]).toEqual([
      ...new Uint32Array(before.params.data.slice().buffer),
    ]);
    const [found] = (await runOn('webgpu', renderViews, still, { ...attrs, turned: false })).outputs;
    const [wanted] = (await runOn('webgpu', renderViews, before, attrs)).outputs;
    expect([...found!]).toEqual([...wanted!]);
  });

  test('takes five dispatches for any number of views', async () => {
    await testDevice();
    const { counts } = currentRuntime();
    const before = counts.dispatches;
    await runOn('webgpu', renderViews, packed(views), {
      size: 32,
      blurKernel: 3,
      maxSide: 131,
      normalise: true,
    });
    expect(counts.dispatches - before).toBe(5);
  });
});

test.each([
  [32, false],
  [45, true],
  [160, true],
])('resizeEval to %i px equals the loops', async (size, flip) => {
  const whole = SIDES.map(([w, h], i) => [i, wholeFilm(w, h, flip)] as const);
  const attrs = { size, maxSide: 131, normalise: false };
  const gpu = await runOn('webgpu', resizeEval, packed(whole), attrs);
  const plain = await runOn('cpu', resizeEval, packed(whole), attrs);
  const { largest, mean } = compare(gpu.outputs[0]!, plain.outputs[0]!);
  expect(largest).toBeLessThanOrEqual(1);
  expect(mean).toBeLessThan(1e-3);
});

describe('the loops themselves', () => {
  test('a resize to the same size changes nothing, a flat film stays flat', async () => {
    const { words, films } = packPlanes(
      [film(33, 33, 1), new Uint8Array(70 * 40).fill(201)],
      [33, 70],
      [33, 40],
    );
    const params = packViewParameters([
      { film: films[0]!, view: wholeFilm(33, 33) },
      { film: films[1]!, view: wholeFilm(70, 40) },
    ]);
    const inputs = {
      planes: { shape: [words.length], data: words },
      params: { shape: [2, PARAMETER_WORDS], data: params },
    };
    for (const kernel of ['webgpu', 'cpu'] as const) {
      const attrs = { size: 33, blurKernel: 3, maxSide: 70, normalise: false };
      const [out] = (await runOn(kernel, renderViews, inputs, attrs)).outputs;
      expect([...out!.subarray(0, 33 * 33)]).toEqual([...film(33, 33, 1)]);
      expect(new Set(out!.subarray(33 * 33))).toEqual(new Set([201]));
    }
  });

  test('a quarter turn moves pixels and changes none; half a turn with a flip is upside down', async () => {
    const side = 36;
    const plane = film(side, side, 5);
    const { words, films } = packPlanes([plane], [side], [side]);
    const view = wholeFilm(side, side);
    const params = packViewParameters([
      { film: films[0]!, view: { ...view, rotation: 90 } },
      { film: films[0]!, view: { ...view, rotation: 180, flip: true } },
    ]);
    const inputs = {
      planes: { shape: [words.length], data: words },
      params: { shape: [2, PARAMETER_WORDS], data: params },
    };
    const attrs = { size: side, blurKernel: 3, maxSide: side, normalise: false, turned: true };
    const [out] = (await runOn('webgpu', renderViews, inputs, attrs)).outputs;
    // Counter-clockwise: what was at the right edge, read downwards, becomes the top row.
    const wanted = [
      ...Array.from(plane, (_, o) => plane[(o % side) * side + (side - 1 - Math.floor(o / side))]!),
      ...Array.from(plane, (_, o) => plane[(side - 1 - Math.floor(o / side)) * side + (o % side)]!),
    ];
    expect(compare(out!, wanted).largest).toBeLessThanOrEqual(1);
    expect(compare(out!, wanted).mean).toBeLessThan(0.01);
  });

  test('a small turn is bilinear sampling of the film at the turned places, written out here; black beyond', async () => {
    const side = 40;
    const plane = film(side, side, 6);
    const degrees = 12;
    const { words, films } = packPlanes([plane], [side], [side]);
    const view = { ...wholeFilm(side, side), rotation: degrees };
    const inputs = {
      planes: { shape: [words.length], data: words },
      params: { shape: [1, PARAMETER_WORDS], data: packViewParameters([{ film: films[0]!, view }]) },
    };
    const attrs = { size: side, blurKernel: 3, maxSide: side, normalise: false, turned: true };
    const [out] = (await runOn('webgpu', renderViews, inputs, attrs)).outputs;
    const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
    const middle = (side - 1) / 2;
    let [seen, black] = [0, 0];
    for (let o = 0; o < side * side; o++) {
      const [x, y] = [(o % side) - middle, Math.floor(o / side) - middle];
      const [fromX, fromY] = [cosine * x - sine * y + middle, cosine * y + sine * x + middle];
      if (Math.min(fromX, fromY) < -0.501 || Math.max(fromX, fromY) > side - 0.499) {
        expect(out![o]).toBe(0);
        black++;
      }
      if (Math.min(fromX, fromY) < 0 || Math.max(fromX, fromY) > side - 1) continue;
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [u, v] = [fromX - left, fromY - top];
      const pixel = (i: number, j: number) => plane[Math.min(i, side - 1) * side + Math.min(j, side - 1)]!;
      const wanted =
        (1 - v) * ((1 - u) * pixel(top, left) + u * pixel(top, left + 1)) +
        v * ((1 - u) * pixel(top + 1, left) + u * pixel(top + 1, left + 1));
      expect(Math.abs(out![o]! - wanted)).toBeLessThan(0.51);
      seen++;
    }
    expect(seen).toBeGreaterThan(1200);
    expect(black).toBeGreaterThan(50);
  });

  test('weights of the triangle filter at a factor of two are quarters', () => {
    const { first, weights } = resampleWeights('triangle', 8, 4, 1);
    expect([first, ...weights.map((w) => w / 2 ** 22)]).toEqual([1, 0.125, 0.375, 0.375, 0.125]);
  });
});

test('packing refuses a block that is too short', () => {
  expect(planeWords(5, 3)).toBe(6);
  expect(() => packPlanes([new Uint8Array(15)], [5], [3], new Int32Array(5))).toThrow(/6 words/);
});

test('offsets beyond 2^24 words survive', () => {
  const view = wholeFilm(4, 4);
  const params = packViewParameters([{ film: { offset: 2 ** 24 + 1, width: 4, height: 4 }, view }]);
  expect(new Int32Array(params.slice().buffer)[0]).toBe(2 ** 24 + 1);
});
