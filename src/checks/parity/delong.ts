// DeLong fixtures: AUROC, variance and covariance of two scores of the same films, and the test of their difference.

import { rank } from '../../tasks/scores/auroc.ts';
import { delongTest, placements } from '../../tasks/scores/significance.ts';
import type { Fixture } from './fixtures.ts';
import type { Rows } from './rows.ts';

const QUANTITIES = ['aurocA', 'aurocB', 'varianceA', 'varianceB', 'covariance', 'z', 'p'] as const;

interface DelongFixture {
  readonly values_f64: Readonly<Record<(typeof QUANTITIES)[number], number>>;
}

export async function checkDelong(fixture: Fixture, rows: Rows): Promise<void> {
  const { values_f64 } = fixture.describe<DelongFixture>('values_f64');
  const labels = fixture.bytes('labels');
  const placed = (name: string) => placements(rank(fixture.numbers(name), labels));
  const test = delongTest(placed('scoresA'), placed('scoresB'));
  rows.agree('tested', test !== null);
  if (!test) return;
  for (const name of QUANTITIES) rows.value('hostStatistic', name, test[name], values_f64[name]);
}
