// Cases of the cross-entropy of known labels.

import { type CaseTable, given, referenceOf } from '../parts/case.ts';
import { crossEntropy, UNKNOWN_TARGET } from './crossEntropy.ts';

/** Logits, and labels of which every third is not known; a positive of the k-th finding counts `weightOf(k)` times. */
export function labelled(rows: number, findings: number, weightOf: (finding: number) => number = () => 1) {
  const { data } = given([rows, findings], 8);
  const targets = data.map((value, i) =>
    i % 3 === 2 ? UNKNOWN_TARGET : value > 0.4 ? weightOf(i % findings) : 0,
  );
  return { logits: given([rows, findings], 7, 2), targets: { shape: [rows, findings], data: targets } };
}

/** From below one to several. */
export const uneven = (finding: number): number => 0.25 + 1.5 * finding;

function lossGradient(rows: number, findings: number, weightOf?: (finding: number) => number) {
  const inputs = labelled(rows, findings, weightOf);
  const terms = referenceOf(crossEntropy, inputs, {}).saved[0]!;
  return { ...inputs, terms, weights: { shape: [2], data: Float32Array.of(1, 0.5) } };
}

export const CASES = {
  crossEntropy: {
    cases: [
      { detail: '16 views, 14 findings', inputs: () => labelled(16, 14), attrs: {} },
      { detail: '3 views, 1 finding', inputs: () => labelled(3, 1), attrs: {} },
      { detail: '9 views, 5 findings, weighted', inputs: () => labelled(9, 5, uneven), attrs: {} },
    ],
  },
  crossEntropyGrad: {
    cases: [
      { detail: '16 views, 14 findings', inputs: () => lossGradient(16, 14), attrs: {} },
      { detail: '3 views, 1 finding', inputs: () => lossGradient(3, 1), attrs: {} },
      { detail: '9 views, 5 findings, weighted', inputs: () => lossGradient(9, 5, uneven), attrs: {} },
    ],
  },
} satisfies Partial<CaseTable>;
