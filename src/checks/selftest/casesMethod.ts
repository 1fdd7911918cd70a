// Cases of the loss, the optimisers and the rendering of views.

import { vicreg } from '../../gpu/kernels/loss/vicreg.ts';
import { packHyper } from '../../gpu/kernels/optimiser/optimiser.ts';
import { type Given, given } from '../../gpu/kernels/parts/samples.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  type ViewRecord,
  wholeFilm,
} from '../../gpu/kernels/views/viewInput.ts';
import { Rng } from '../../util/rng.ts';
import { type CaseTable, referenceOf } from './case.ts';

function lossGradient(films: number, dimensions: number) {
  const z = given([2 * films, dimensions], 1, 0.7);
  const [, centred, variances, moments] = referenceOf(vicreg, { z }, {}).saved as [
    Given,
    Given,
    Given,
    Given,
  ];
  return { z, centred, variances, moments, weights: { shape: [4], data: Float32Array.of(25, 25, 1, 0.5) } };
}

/** Parameters of unequal length, adapted and not, with a gap between them that must stay as it is. */
function arena(clip = 0) {
  const size = 1000;
  const rows = [
    [0, 7, 0, 0],
    [7, 500, 1, 0],
    [600, 64, 1, 0],
    [700, 300, 1, 0],
  ];
  const hyper = packHyper({
    rate: 0.1,
    weightDecay: 0.01,
    momentum: 0.9,
    trustCoefficient: 0.02,
    updates: 3,
    clip,
  });
  const { data: second } = given([size], 4);
  return {
    parameters: given([size], 1),
    gradients: given([size], 2),
    moment1: given([size], 3),
    moment2: { shape: [size], data: second.map(Math.abs) },
    segments: { shape: [rows.length, 4], data: Int32Array.from(rows.flat()) },
    hyper: { shape: [hyper.length], data: hyper },
  };
}

function larsArena(clip = 0) {
  const { moment2: _, ...inputs } = arena(clip);
  return inputs;
}

const FILMS = [
  [50, 61],
  [64, 48],
] as const;

/** A film of edges and noise. */
function film([width, height]: readonly [number, number], seed: number): Uint8Array {
  const rng = new Rng(seed, 'synthetic');
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const edge = ((i % width) >> 3) % 2 === Math.floor(i / width / 16) % 2 ? 60 : 0;
    return Math.min(255, Math.max(0, 110 + edge + 90 * Math.sin(i / 9) + 12 * rng.normal()));
  });
}

function packed(records: readonly { readonly film: number; readonly view: ViewRecord }[]) {
  const { words, films } = packPlanes(
    FILMS.map(film),
    FILMS.map(([width]) => width),
    FILMS.map(([, height]) => height),
  );
  const rows = records.map((record) => ({ film: films[record.film]!, view: record.view }));
  return {
    planes: { shape: [words.length], data: words },
    params: { shape: [rows.length, PARAMETER_WORDS], data: packViewParameters(rows) },
  };
}

const VIEWS: readonly { readonly film: number; readonly view: ViewRecord }[] = [
  {
    film: 0,
    view: {
      box: { top: 3, left: 5, height: 41, width: 38 },
      flip: true,
      jitter: [
        { op: 'brightness', factor: 0.7 },
        { op: 'contrast', factor: 1.4 },
      ],
      sigma: 1.3,
      solarise: false,
    },
  },
  {
    film: 1,
    view: {
      box: { top: 0, left: 0, height: 48, width: 64 },
      flip: false,
      jitter: [{ op: 'contrast', factor: 0.8 }],
      sigma: null,
      solarise: true,
    },
  },
];

const whole = (size: number) => ({ size, maxSide: 64, normalise: false });
/** A level that rounds the other way is multiplied by 1.4 at most before it is cut off again. */
const VIEW_LEVELS = { unit: 'levels', tolerance: 3 } as const;

const resized = (size: number) => ({
  detail: `${size} px`,
  inputs: () => packed(FILMS.map(([width, height], at) => ({ film: at, view: wholeFilm(width, height) }))),
  attrs: whole(size),
  unit: 'levels' as const,
  tolerance: 1,
});

export const METHOD_CASES = {
  vicreg: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => ({ z: given([16, 32], 1, 0.7) }), attrs: {} },
      { detail: '6 films, 33 dimensions', inputs: () => ({ z: given([12, 33], 1, 0.7) }), attrs: {} },
      { detail: '24 films, 5 dimensions', inputs: () => ({ z: given([48, 5], 1, 0.7) }), attrs: {} },
    ],
  },
  vicregGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => lossGradient(8, 32), attrs: {} },
      { detail: '6 films, 33 dimensions', inputs: () => lossGradient(6, 33), attrs: {} },
      { detail: '24 films, 5 dimensions', inputs: () => lossGradient(24, 5), attrs: {} },
    ],
  },
  larsUpdate: {
    cases: [
      { detail: 'four parameters, 1,000 numbers', inputs: () => larsArena(), attrs: {} },
      { detail: 'gradients clipped', inputs: () => larsArena(0.3), attrs: {} },
    ],
  },
  adamwUpdate: {
    cases: [
      { detail: 'four parameters, 1,000 numbers', inputs: () => arena(), attrs: {} },
      { detail: 'gradients clipped', inputs: () => arena(0.3), attrs: {} },
    ],
  },
  renderViews: {
    cases: [
      {
        detail: '32 px, blur of 3',
        inputs: () => packed(VIEWS),
        attrs: { ...whole(32), blurKernel: 3 },
        ...VIEW_LEVELS,
      },
      {
        detail: '33 px, blur of 5',
        inputs: () => packed(VIEWS),
        attrs: { ...whole(33), blurKernel: 5 },
        ...VIEW_LEVELS,
      },
    ],
  },
  resizeEval: {
    cases: [resized(32), resized(45)],
  },
} satisfies Partial<CaseTable>;
