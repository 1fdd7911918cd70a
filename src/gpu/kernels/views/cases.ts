// Cases of the rendering of views.

import { Rng } from '../../../util/rng.ts';
import type { CaseTable } from '../parts/case.ts';
import { PARAMETER_WORDS, packPlanes, packViewParameters, type ViewRecord, wholeFilm } from './viewInput.ts';

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

const turnedBy = ({ film: at, view }: (typeof VIEWS)[number], i: number) => ({
  film: at,
  view: { ...view, rotation: [-7.3, 21][i]! },
});

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

export const CASES = {
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
      {
        detail: '33 px, turned, blur of 3',
        inputs: () => packed(VIEWS.map(turnedBy)),
        attrs: { ...whole(33), blurKernel: 3, turned: true },
        ...VIEW_LEVELS,
      },
    ],
  },
  resizeEval: {
    cases: [resized(32), resized(45)],
  },
} satisfies Partial<CaseTable>;
