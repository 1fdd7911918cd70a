// What a step knows of its views: where they lie agrees with what the renderer shows there, labels are those of the films.

import { describe, expect, test } from 'vitest';
import { defaultConfig } from '../config/schema.ts';
import { referenceOf } from '../gpu/kernels/parts/case.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  type ViewRecord,
} from '../gpu/kernels/views/viewInput.ts';
import { renderViews } from '../gpu/kernels/views/views.ts';
import { LABEL_UNKNOWN } from '../protocol/dataset.ts';
import { factsOf, locationOf, refuseLabels } from './viewFacts.ts';

const [WIDTH, HEIGHT, SIZE] = [120, 100, 24];

/** The view by the plain loops, of a film whose grey says where it is along one axis. */
function shown(view: ViewRecord, along: 'x' | 'y'): ArrayLike<number> {
  const plane = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
    along === 'x' ? 2 * (i % WIDTH) : 2 * Math.floor(i / WIDTH),
  );
  const { words, films } = packPlanes([plane], [WIDTH], [HEIGHT]);
  const params = packViewParameters([{ film: films[0]!, view }]);
  const inputs = {
    planes: { shape: [words.length], data: words },
    params: { shape: [1, PARAMETER_WORDS], data: params },
  };
  const attrs = {
    size: SIZE,
    maxSide: WIDTH,
    blurKernel: 3,
    normalise: false,
    turned: Boolean(view.rotation),
  };
  return referenceOf(renderViews, inputs, attrs).outputs[0]!;
}

const box = { top: 21, left: 30, width: 64, height: 52 };
const plain = { box, flip: false, jitter: [], sigma: null, solarise: false };

test.each<[string, ViewRecord]>([
  ['cut out', plain],
  ['mirrored', { ...plain, flip: true }],
  ['turned', { ...plain, rotation: 12 }],
  ['mirrored and turned', { ...plain, flip: true, rotation: -20 }],
])('a view that is %s shows at every point the place of the film that its location says', (_, view) => {
  const [x0, xu, xv, y0, yu, yv] = locationOf(view) as [number, number, number, number, number, number];
  const [greyX, greyY] = [shown(view, 'x'), shown(view, 'y')];
  let seen = 0;
  for (let o = 0; o < SIZE * SIZE; o++) {
    const [u, v] = [((o % SIZE) + 0.5) / SIZE, (Math.floor(o / SIZE) + 0.5) / SIZE];
    const [x, y] = [x0 + u * xu + v * xv, y0 + u * yu + v * yv];
    // At the border of the film the filter sees less than its whole support.
    if (Math.min(x, y) < 6 || x > WIDTH - 6 || y > HEIGHT - 6) continue;
    seen++;
    // A pixel's own place is its middle. The rim of an upright crop has its filter cut off.
    const rim = view.rotation ? 0 : Math.min(u, v, 1 - u, 1 - v) < 0.1 ? 3 : 0;
    expect(Math.abs(greyX[o]! - 2 * (x - 0.5))).toBeLessThan(1.2 + rim);
    expect(Math.abs(greyY[o]! - 2 * (y - 0.5))).toBeLessThan(1.2 + rim);
  }
  expect(seen).toBeGreaterThan(400);
});

const set = {
  widths: Uint16Array.of(50, 60, 70),
  heights: Uint16Array.of(40, 44, 48),
  findings: ['first', 'second'],
  labels: Uint8Array.of(0, 1, 1, LABEL_UNKNOWN, 0, 0),
  splits: Uint8Array.of(0, 0, 1),
};

describe('facts of a step', () => {
  test('labels of both views of each film; -1 where not known and beyond the findings', () => {
    const wanted = { kind: 'labels', columns: 3 } as const;
    const found = factsOf(wanted, set, Uint32Array.of(1, 2), 7, defaultConfig());
    const ofFilms = [1, -1, -1, 0, 0, -1];
    expect([...found]).toEqual([...ofFilms, ...ofFilms]);
  });

  test('locations are those of the views of the same step, whichever films are beside them', () => {
    const wanted = { kind: 'location', columns: 6 } as const;
    const config = { ...defaultConfig(), rotation: 10 };
    const at = (films: number[], step: number) => [
      ...factsOf(wanted, set, Uint32Array.from(films), step, config),
    ];
    const [one, other] = [at([2, 0], 3), at([1, 2], 3)];
    expect(one.slice(0, 6)).toEqual(other.slice(6, 12));
    expect(one.slice(12, 18)).toEqual(other.slice(18, 24));
    expect(one.slice(0, 6)).not.toEqual(one.slice(12, 18));
    expect(at([2, 0], 4)).not.toEqual(one);
  });

  test('a set that cannot be learnt from its labels is refused by name', () => {
    expect(() => refuseLabels({ ...set, findings: [] }, 4)).toThrow('the set has none');
    expect(() => refuseLabels(set, 1)).toThrow('the set has 2 findings');
    expect(() => refuseLabels({ ...set, labels: set.labels.map(() => LABEL_UNKNOWN) }, 4)).toThrow('known');
    expect(() => refuseLabels(set, 2)).not.toThrow();
  });
});
