// Neighbours fixtures: the nearest films of each query in their order, the scores of the vote and their AUROC. Where two
// neighbours are closer to each other than single precision tells, their order is free.

import { bankOf, nearest, vote } from '../../tasks/neighbours/vote.ts';
import { auroc } from '../../tasks/scores/auroc.ts';
import type { Fixture } from './fixtures.ts';
import { defined } from './metrics.ts';
import type { Rows } from './rows.ts';

interface NeighboursFixture {
  readonly config: { readonly D: number; readonly k: number; readonly temperature: number };
  readonly values_f64: { readonly auroc: number | null };
}

const CLOSE = 1e-6;

export async function checkNeighbours(fixture: Fixture, rows: Rows): Promise<void> {
  const { config, values_f64 } = fixture.describe<NeighboursFixture>('config', 'values_f64');
  const { D, k, temperature } = config;
  const [train, test] = [fixture.floats('train'), fixture.floats('test')];
  const [labels, wanted] = [fixture.bytes('train_labels'), fixture.numbers('neighbours')];
  const bank = bankOf(
    train,
    D,
    Uint32Array.from({ length: train.length / D }, (_, i) => i),
  );
  let wrong = 0;
  const scores = Float64Array.from({ length: test.length / D }, (_, film) => {
    const found = nearest(bank, test, film, k);
    const { places, cosines } = nearest(bank, test, film, train.length / D);
    const cosineOf = new Map(Array.from(places, (place, i) => [place, cosines[i]!]));
    found.places.forEach((place, i) => {
      const recorded = wanted[film * k + i]!;
      if (place !== recorded && Math.abs(found.cosines[i]! - cosineOf.get(recorded)!) >= CLOSE) wrong++;
    });
    return vote(found, temperature, (place) => labels[place]!) ?? Number.NaN;
  });
  rows.agree('neighbours', wrong === 0 && wanted.length === scores.length * k);
  rows.compare('metric', 'scores', scores, fixture.numbers('scores'));
  defined(rows, 'auroc', auroc(scores, fixture.bytes('test_labels')), values_f64.auroc);
}
