// The neighbours as a monitor while a run pretrains: films of the training part vote on films of the validation part by the
// features as they stand. Labels are looked at and nothing is learnt from them; no film of the test part is among either.

import {
  type Measurement,
  measureFeatures,
  type ProbeFeatures,
  type ProbeLabels,
} from '../../diagnostics/probe.ts';
import type { NeighbourVote } from '../../diagnostics/snapshot.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { auroc } from '../scores/auroc.ts';
import { bankOf, nearest, vote } from './vote.ts';

/** @param features of the probe's films, films x dim */
export function neighbourVote(features: Float32Array, dim: number, known: ProbeLabels): NeighbourVote {
  const { findings, labels, asked, neighbours, temperature } = known;
  const rowsOf = (wanted: number) =>
    Uint32Array.from([...asked.keys()].filter((film) => asked[film] === wanted));
  const [bankRows, askedRows] = [rowsOf(0), rowsOf(1)];
  const bank = bankOf(features, dim, bankRows);
  const found = Array.from(askedRows, (film) => nearest(bank, features, film, neighbours));
  const scores = findings.map((finding, column) => {
    const labelOf = (film: number) => labels[film * findings.length + column]!;
    const scored: number[] = [];
    const truth: number[] = [];
    for (const [i, film] of askedRows.entries()) {
      const label = labelOf(film);
      const score = vote(found[i]!, temperature, (place) => labelOf(bankRows[place]!));
      if (score === null || Number.isNaN(score) || (label !== LABEL_POSITIVE && label !== LABEL_NEGATIVE))
        continue;
      scored.push(score);
      truth.push(label === LABEL_POSITIVE ? 1 : 0);
    }
    const positives = truth.reduce((sum, one) => sum + one, 0);
    return { finding, positives, auroc: auroc(scored, Uint8Array.from(truth)) ?? Number.NaN };
  });
  return { bank: bankRows.length, asked: askedRows.length, scores };
}

/** Everything that is measured of a probe. */
export const measureProbe = (features: ProbeFeatures): Measurement =>
  measureFeatures(features, neighbourVote);
