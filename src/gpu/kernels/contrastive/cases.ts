// Cases of rows of unit length, of the contrastive loss with and without a queue, and of the
// cosine loss.

import { type CaseTable, type Given, given, referenceOf } from '../parts/case.ts';
import { contrastive } from './contrastive.ts';
import { cosine } from './cosine.ts';
import { queueContrast } from './queue.ts';
import { rowNormalise } from './rowNormalise.ts';

const normalised = (rows: number, dimensions: number) => {
  const x = given([rows, dimensions], 1, 0.7);
  const [unit, norms] = referenceOf(rowNormalise, { x }, {}).saved as [Given, Given];
  return { unit, norms };
};

const ATTRS = { temperature: 0.2 };

function lossGradient(films: number, dimensions: number) {
  const { unit } = normalised(2 * films, dimensions);
  const probabilities = referenceOf(contrastive, { unit }, ATTRS).saved[1]!;
  return { unit, probabilities, weights: { shape: [2], data: Float32Array.of(1, 0.5) } };
}

const COSINE = { scale: 4, offset: 4 };

const predictions = (films: number, dimensions: number) => ({
  prediction: given([2 * films, dimensions], 1, 0.7),
  target: given([2 * films, dimensions], 2, 1.3),
});

function cosineGradient(films: number, dimensions: number) {
  const inputs = predictions(films, dimensions);
  const cosines = referenceOf(cosine, inputs, COSINE).saved[1]!;
  return { ...inputs, cosines, weights: { shape: [2], data: Float32Array.of(1, 0.5) } };
}

/** Any numbers may stand for the cosines: the kernel takes them as they come. */
const asked = (films: number, dimensions: number, length: number) => ({
  query: normalised(2 * films, dimensions).unit,
  key: normalised(2 * films, dimensions).unit,
  cosines: given([2 * films, length], 5, 0.3),
});

function queueGradient(films: number, dimensions: number) {
  const inputs = asked(films, dimensions, 40);
  const ofKey = referenceOf(queueContrast, inputs, ATTRS).saved[2]!;
  const pulled = given([2 * films, dimensions], 6);
  return { pulled, key: inputs.key, ofKey, weights: { shape: [2], data: Float32Array.of(1, 0.5) } };
}

const ring = (length: number, place: number, rows: number) => ({
  queue: given([length, 9], 1),
  place: { shape: [1], data: Float32Array.of(place) },
  rows: given([rows, 9], 2),
});

export const CASES = {
  rowNormalise: {
    cases: [
      { detail: '16 rows, 32 dimensions', inputs: () => ({ x: given([16, 32], 1, 0.7) }), attrs: {} },
      { detail: '10 rows, 131 dimensions', inputs: () => ({ x: given([10, 131], 1, 0.7) }), attrs: {} },
      {
        detail: '10 rows of length 6, 36 dimensions',
        inputs: () => ({ x: given([10, 36], 1, 0.7) }),
        attrs: { length: 6 },
      },
    ],
  },
  rowNormaliseGrad: {
    cases: [
      {
        detail: '10 rows, 131 dimensions',
        inputs: () => ({ dunit: given([10, 131], 2), ...normalised(10, 131) }),
        attrs: {},
      },
    ],
  },
  contrastive: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => ({ unit: normalised(16, 32).unit }), attrs: ATTRS },
      { detail: '41 films, 9 dimensions', inputs: () => ({ unit: normalised(82, 9).unit }), attrs: ATTRS },
    ],
  },
  contrastiveGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => lossGradient(8, 32), attrs: ATTRS },
      { detail: '41 films, 9 dimensions', inputs: () => lossGradient(41, 9), attrs: ATTRS },
    ],
  },
  cosine: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => predictions(8, 32), attrs: COSINE },
      { detail: '41 films, 131 dimensions', inputs: () => predictions(41, 131), attrs: COSINE },
    ],
  },
  cosineGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => cosineGradient(8, 32), attrs: COSINE },
      { detail: '41 films, 131 dimensions', inputs: () => cosineGradient(41, 131), attrs: COSINE },
    ],
  },
  queueContrast: {
    cases: [
      { detail: '8 films, 32 dimensions, 64 keys', inputs: () => asked(8, 32, 64), attrs: ATTRS },
      { detail: '11 films, 131 dimensions, 301 keys', inputs: () => asked(11, 131, 301), attrs: ATTRS },
    ],
  },
  queueContrastGrad: {
    cases: [
      { detail: '8 films, 32 dimensions', inputs: () => queueGradient(8, 32), attrs: ATTRS },
      { detail: '11 films, 131 dimensions', inputs: () => queueGradient(11, 131), attrs: ATTRS },
    ],
  },
  enqueue: {
    cases: [
      { detail: '6 rows into 20', inputs: () => ring(20, 3, 6), attrs: {} },
      { detail: '6 rows over the end of 20', inputs: () => ring(20, 17, 6), attrs: {} },
      { detail: '50 rows into 20', inputs: () => ring(20, 5, 50), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
