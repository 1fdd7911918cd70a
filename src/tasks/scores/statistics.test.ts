// DeLong, Holm, the paired bootstrap and the spread over seeds, against recorded values and against their definitions.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../util/rng.ts';
import { readSafetensors } from '../../util/safetensors.ts';
import { auroc, rank } from './auroc.ts';
import { meanResampled, pairedDifference, resampledAurocs, spreadOverSeeds } from './bootstrap.ts';
import { delongCovariance, delongTest, holm, meanPlacements, placements, twoSided } from './significance.ts';

const FOLDER = new URL('../../../../shared/parity-methods/', import.meta.url);
const recorded = existsSync(new URL('delong.json', FOLDER));
if (!recorded) process.stdout.write('skipped: DeLong against ../shared/parity-methods, which is not here\n');

interface DelongFixture {
  name: string;
  file: string;
  values_f64: Record<'aurocA' | 'aurocB' | 'varianceA' | 'varianceB' | 'covariance' | 'z' | 'p', number>;
}
const fixtures: DelongFixture[] = recorded
  ? JSON.parse(readFileSync(new URL('delong.json', FOLDER), 'utf8')).fixtures
  : [];

const rng = new Rng(4, 'synthetic');
const FILMS = 90;
const labels = Array.from({ length: FILMS }, (_, i) => (i % 3 === 0 ? 1 : i % 17 === 5 ? 255 : 0));
/** Rounded, so that there are ties. */
const scoresOf = (strength: number) =>
  labels.map((label) => Math.round(4 * (rng.normal() + (label === 1 ? strength : 0))) / 4);
const [good, poor] = [scoresOf(1.2), scoresOf(0.4)];

describe.skipIf(!recorded)('recorded tests of DeLong (skipped without ../shared/parity-methods)', () => {
  it.each(fixtures)('$name', ({ file, values_f64: wanted }) => {
    const { tensors } = readSafetensors(readFileSync(new URL(file, FOLDER)));
    const numbers = (name: string) => Float64Array.from(tensors.get(name)!.data, Number);
    const [a, b] = ['scoresA', 'scoresB'].map((name) => placements(rank(numbers(name), numbers('labels'))));
    const found = delongTest(a!, b!)!;
    for (const [name, value] of Object.entries(wanted)) {
      const error = Math.abs(found[name as keyof typeof found] - value) / Math.abs(value);
      expect(error, name).toBeLessThan(1e-9);
    }
  });
  it('are there', () => expect(fixtures.length).toBeGreaterThan(2));
});

describe('DeLong', () => {
  it('places each film among those of the other kind, in the order of the table', () => {
    const { positives, negatives } = placements(rank([3, 1, 2, 2, 9], [1, 0, 1, 0, 255]));
    expect([...positives]).toEqual([1, 0.75]);
    expect([...negatives]).toEqual([1, 0.75]);
  });
  it('has the mean AUROC of several scores as the mean of their placements, and its variance', () => {
    const each = [good, poor].map((scores) => placements(rank(scores, labels)));
    const mean = meanPlacements(each);
    const values = [good, poor].map((scores) => auroc(scores, labels)!);
    const average = mean.positives.reduce((sum, value) => sum + value, 0) / mean.positives.length;
    expect(average).toBeCloseTo((values[0]! + values[1]!) / 2, 12);
    const [a, b] = each as [(typeof each)[0], (typeof each)[0]];
    const wanted = (delongCovariance(a, a) + delongCovariance(b, b) + 2 * delongCovariance(a, b)) / 4;
    expect(delongCovariance(mean, mean)).toBeCloseTo(wanted, 14);
  });
  it('tests nothing where there is nothing to test', () => {
    const same = placements(rank(good, labels));
    expect(delongTest(same, same)).toBeNull();
    const one = placements(rank([1, 2, 3], [1, 0, 0]));
    expect(delongTest(one, one)).toBeNull();
  });
  it('knows the tail of the normal distribution', () => {
    // 2 (1 - Phi(z)) from tables of more digits than a double has.
    const known = [
      [0, 1],
      [1, 0.31731050786291415],
      [1.959963984540054, 0.05],
      [-3, 0.002699796063260189],
      [6, 1.973175290075396e-9],
      [10, 1.523970604832105e-23],
    ] as const;
    for (const [z, p] of known) expect(Math.abs(twoSided(z) - p) / p).toBeLessThan(1e-12);
  });
});

describe('Holm', () => {
  it('multiplies the smallest by the number of tests, the next by one less, and never falls', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, wanted] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(wanted, 12);
    expect(holm([0.7, 0.8])).toEqual([1, 1]);
  });
  it('leaves out what could not be tested', () => {
    expect(holm([null, 0.02, null])).toEqual([null, 0.02, null]);
    expect(holm([])).toEqual([]);
  });
});

describe('the paired bootstrap', () => {
  const patients = labels.map((_, i) => i >> 1);
  const resampled = async (scores: readonly number[], seed = 7) =>
    (await resampledAurocs([[rank(scores, labels)]], patients, seed, async () => {}))[0]!;

  it('subtracts within each resample, so that what both share cancels', async () => {
    const a = { value: auroc(good, labels), resampled: await resampled(good) };
    const shifted = good.map((score) => 2 * score + 5);
    const b = { value: auroc(shifted, labels), resampled: await resampled(shifted) };
    expect(pairedDifference(a, b)).toEqual({ value: 0, low: 0, high: 0 });
    const c = { value: auroc(poor, labels), resampled: await resampled(poor) };
    const { value, low, high } = pairedDifference(a, c);
    expect(value).toBeCloseTo(a.value! - c.value!, 12);
    expect(low!).toBeLessThan(value!);
    expect(high!).toBeGreaterThan(value!);
    // About as wide as DeLong has it, who takes films for independent.
    const test = delongTest(placements(rank(good, labels)), placements(rank(poor, labels)))!;
    const width = (2 * 1.96 * Math.abs(value!)) / Math.abs(test.z);
    expect((high! - low!) / width).toBeGreaterThan(0.7);
    expect((high! - low!) / width).toBeLessThan(1.4);
  });
  it('says nothing of scores that are not there', async () => {
    const a = { value: null, resampled: await resampled(good) };
    expect(pairedDifference(a, a)).toEqual({ value: null, low: null, high: null });
  });
  it('averages what is defined', () => {
    const mean = meanResampled([
      Float64Array.of(1, Number.NaN, Number.NaN),
      Float64Array.of(3, 2, Number.NaN),
    ]);
    expect([...mean]).toEqual([2, 2, Number.NaN]);
  });
});

describe('the spread', () => {
  it('keeps seeds and draws apart', () => {
    const { mean, seeds, draws } = spreadOverSeeds([
      [0.7, 0.8],
      [0.9, 1],
    ]);
    expect(mean).toBeCloseTo(0.85, 12);
    expect(seeds).toBeCloseTo(Math.sqrt(2) * 0.1, 12);
    expect(draws).toBeCloseTo(Math.sqrt(0.005), 12);
  });
  it('is unknown where there is one of each', () => {
    expect(spreadOverSeeds([[0.7]])).toEqual({ mean: 0.7, seeds: null, draws: null });
    expect(spreadOverSeeds([[null], []])).toEqual({ mean: null, seeds: null, draws: null });
  });
});
