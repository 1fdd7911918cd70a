// Cases of the cross-entropy of known labels.

import { type CaseTable, given, referenceOf } from '../parts/case.ts';
import { crossEntropy, UNKNOWN_TARGET } from './crossEntropy.ts';

/** Logits, and labels of which every third is not known. */
export function labelled(rows: number, findings: number) {
  const { data } = given([rows, findings], 8);
  const targets = data.map((value, i) => (i % 3 === 2 ? UNKNOWN_TARGET : Number(value > 0.4)));
  return { logits: given([rows, findings], 7, 2), targets: { shape: [rows, findings], data: targets } };
}

function lossGradient(rows: number, findings: number) {
  const inputs = labelled(rows, findings);
  const terms = referenceOf(crossEntropy, inputs, {}).saved[0]!;
  return { ...inputs, terms, weights: { shape: [2], data: Float32Array.of(1, 0.5) } };
}

export const CASES = {
  crossEntropy: {
    cases: [
      { detail: '16 views, 14 findings', inputs: () => labelled(16, 14), attrs: {} },
      { detail: '3 views, 1 finding', inputs: () => labelled(3, 1), attrs: {} },
    ],
  },
  crossEntropyGrad: {
    cases: [
      { detail: '16 views, 14 findings', inputs: () => lossGradient(16, 14), attrs: {} },
      { detail: '3 views, 1 finding', inputs: () => lossGradient(3, 1), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
