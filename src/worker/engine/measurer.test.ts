// Two looks that are measured before the maps of the first have been asked for, as on a machine that is busy, keep a map each.

import { expect, it } from 'vitest';
import { mapsOf, type ProbeFeatures } from '../../diagnostics/probe.ts';
import { Rng } from '../../util/rng.ts';
import { Measurer } from './measurer.ts';

function lookAt(step: number): ProbeFeatures {
  const [films, viewed, dim] = [12, 4, 6];
  const rng = new Rng(step, 'synthetic');
  const numbers = (rows: number) => Float32Array.from({ length: rows * dim }, () => rng.normal());
  const outputs = ['level5', 'global'].map((name) => ({
    name,
    dim,
    whole: numbers(films),
    views: [numbers(viewed), numbers(viewed)] as const,
  }));
  return { step, films, viewed, outputs, known: null };
}

it('makes the maps of each look in its turn', () => {
  const measurer = new Measurer();
  const [first, second] = [lookAt(0), lookAt(1)];
  expect([measurer.measure(first).step, measurer.measure(second).step]).toEqual([0, 1]);
  expect(mapsOf(first)).not.toEqual(mapsOf(second));
  expect(measurer.maps()).toEqual(mapsOf(first));
  expect(measurer.maps()).toEqual(mapsOf(second));
  expect(measurer.maps()).toEqual([]);
});
