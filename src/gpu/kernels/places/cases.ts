// Cases of matched places and of VICReg on them.

import { type CaseTable, type Given, given, referenceOf } from '../parts/case.ts';
import { type MatchAttrs, matchPlaces } from './matchPlaces.ts';
import { LOCATION_COLUMNS } from './matchPrograms.ts';
import { placeVicreg } from './placeVicreg.ts';

/** Views that overlap, stand at an angle to each other or are mirrored, of films some hundred pixels wide. */
export function locations(films: number): Given {
  const { data } = given([2 * films, LOCATION_COLUMNS], 5, 9);
  for (let view = 0; view < 2 * films; view++) {
    const mirrored = view % 3 === 0;
    const box = [mirrored ? 190 : 20, mirrored ? -150 : 150, 0, 30, 0, 170];
    for (const [k, value] of box.entries()) data[view * LOCATION_COLUMNS + k]! += value;
  }
  return { shape: [2 * films, LOCATION_COLUMNS], data };
}

const features = (films: number, { height, width }: MatchAttrs, d: number) =>
  given([2 * films, height * width, d], 1, 0.7);

function matched(films: number, d: number, attrs: MatchAttrs) {
  const z = features(films, attrs, d);
  const matches = referenceOf(matchPlaces, { z, locations: locations(films) }, attrs).saved[0]!;
  return { z, matches };
}

function lossGradient(films: number, d: number, attrs: MatchAttrs) {
  const given = matched(films, d, attrs);
  const [, centred, variances, grams] = referenceOf(placeVicreg, given, attrs).saved as [
    Given,
    Given,
    Given,
    Given,
  ];
  const weights = { shape: [4], data: Float32Array.of(25, 25, 0.5, 0.7) };
  return { ...given, centred, variances, grams, weights };
}

const SMALL = { height: 2, width: 2, first: 2, second: 1 };
const ODD = { height: 3, width: 2, first: 4, second: 6 };

export const CASES = {
  matchPlaces: {
    cases: [
      {
        detail: '4 films of 2 x 2 places, 16 dimensions',
        inputs: () => ({ z: features(4, SMALL, 16), locations: locations(4) }),
        attrs: SMALL,
      },
      {
        detail: '5 films of 3 x 2 places, 9 dimensions',
        inputs: () => ({ z: features(5, ODD, 9), locations: locations(5) }),
        attrs: ODD,
      },
    ],
  },
  placeVicreg: {
    cases: [
      { detail: '4 films, 11 pairs, 16 dimensions', inputs: () => matched(4, 16, SMALL), attrs: SMALL },
      { detail: '5 films, 22 pairs, 9 dimensions', inputs: () => matched(5, 9, ODD), attrs: ODD },
    ],
  },
  placeVicregGrad: {
    cases: [
      { detail: '4 films, 11 pairs, 16 dimensions', inputs: () => lossGradient(4, 16, SMALL), attrs: SMALL },
      { detail: '5 films, 22 pairs, 9 dimensions', inputs: () => lossGradient(5, 9, ODD), attrs: ODD },
    ],
  },
} satisfies Partial<CaseTable>;
