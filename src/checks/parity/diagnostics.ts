// Diagnostics fixtures: the spectrum of an embedding and everything that is read off it, through the functions that measure a
// run while it trains.

import { correlationOf, deviations } from '../../diagnostics/correlation.ts';
import {
  alignment,
  participation,
  powerLaw,
  rankMe,
  stableRank,
  uniformity,
} from '../../diagnostics/measures.ts';
import { eigenvaluesOf, type Rows as Features, singularValuesOf } from '../../diagnostics/spectrum.ts';
import type { Fixture } from './fixtures.ts';
import type { Rows } from './rows.ts';

interface DiagnosticsFixture {
  readonly config: { readonly N: number; readonly D: number; readonly fit: readonly [number, number] };
  readonly values_f64: Readonly<Record<string, number>>;
}

export async function checkDiagnostics(fixture: Fixture, rows: Rows): Promise<void> {
  const { config, values_f64: wanted } = fixture.describe<DiagnosticsFixture>('config', 'values_f64');
  const features = (name: string): Features => ({
    values: fixture.floats(name),
    films: config.N,
    dim: config.D,
  });
  const [first, second] = [features('z1'), features('z2')];
  const eigenvalues = eigenvaluesOf(first);
  const recorded = fixture.numbers('eigenvalues');
  const worst = eigenvalues.reduce((most, value, i) => Math.max(most, Math.abs(value - recorded[i]!)), 0);
  if (eigenvalues.length === recorded.length) rows.add('eigenvalues', 'eigenvalues', worst / recorded[0]!);
  else rows.fail('eigenvalues', `${eigenvalues.length} were computed, ${recorded.length} are recorded`);
  rows.compare('diagnosticValue', 'std', deviations(first), fixture.numbers('std'));
  const correlation = correlationOf(first);
  rows.compare('correlation', 'correlation', correlation, fixture.numbers('correlation'));
  const found: Record<string, number> = {
    rankme: rankMe(singularValuesOf(first)),
    participation: participation(eigenvalues),
    stable_rank: stableRank(eigenvalues),
    alpha: powerLaw(eigenvalues, [...config.fit]).alpha,
    alignment: alignment(first, second),
    uniformity: uniformity(first),
    ...sizesOf(correlation, config.D),
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(found, name)) rows.skip(name, 'nothing in this program computes it');
    else rows.value(name === 'alpha' ? 'alpha' : 'diagnosticValue', name, found[name]!, value);
  }
}

/** Mean and largest magnitude of the correlations of two dimensions. */
function sizesOf(correlation: Float64Array, dim: number) {
  const apart = correlation.filter((_, at) => Math.floor(at / dim) !== at % dim).map(Math.abs);
  return {
    mean_abs_correlation: apart.reduce((sum, value) => sum + value, 0) / apart.length,
    max_abs_correlation: apart.reduce((most, value) => Math.max(most, value), 0),
  };
}
