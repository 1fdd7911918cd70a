// The whole evaluation on made features: what is learnable scores high, what is not scores near one half, and sets that
// cannot be evaluated honestly are refused or say what was left out.

import { describe, expect, it } from 'vitest';
import { type Config, defaultConfig } from '../../config/schema.ts';
import type { EngineDataset } from '../../protocol/dataset.ts';
import type { Predictions } from '../../protocol/looks.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import { compareEncoders } from '../compared/compare.ts';
import { verdict } from '../compared/record.ts';
import type { Sets } from '../record.ts';
import { rank, rankedAuroc } from '../scores/auroc.ts';
import { denseGroups, drawCounts, percentileInterval, quantile } from '../scores/bootstrap.ts';
import { evaluateLinear, scoreFeatures } from './evaluate.ts';
import { foldScaling, measureScaling } from './fit.ts';
import { initLinear, logitsOf } from './linearClassifier.ts';
import type { LinearReport } from './record.ts';

const PATIENTS = 120;
const FILMS = PATIENTS * 2;
const DIM = 8;
const rng = new Rng(8, 'synthetic');
/** Of each film, the strength of finding 0; finding 1 is chance; finding 2 has no positives in the test split. */
const strength = Float64Array.from({ length: FILMS }, () => rng.normal());
const splits = Uint8Array.from({ length: FILMS }, (_, i) => [0, 0, 0, 1, 2][(i >> 1) % 5]!);
const labels = Uint8Array.from({ length: FILMS * 3 }, (_, i) => {
  const film = Math.floor(i / 3);
  if (i % 3 === 0) return strength[film]! > 0 ? 1 : 0;
  return i % 3 === 1 ? Number(rng.chance(0.4)) : Number(splits[film] !== 2 && rng.chance(0.3));
});
const dataset: EngineDataset = {
  name: 'made',
  fingerprint: 'made',
  findings: ['real', 'chance', 'absent'],
  planes: Array.from({ length: FILMS }, () => Uint8Array.from({ length: 64 }, () => rng.int(256))),
  widths: new Uint16Array(FILMS).fill(8),
  heights: new Uint16Array(FILMS).fill(8),
  splits,
  patients: Uint32Array.from({ length: FILMS }, (_, i) => i >> 1),
  labels,
};
const informed = Float32Array.from({ length: FILMS * DIM }, (_, i) => {
  return i % DIM === 2 ? strength[Math.floor(i / DIM)]! * 1e-3 : rng.normal() * 1e-3;
});
const noise = Float32Array.from({ length: FILMS * DIM }, () => rng.normal());
const randoms = [noise, noise.toReversed(), informed].map((features) => ({ features }));
const config: Config = { ...defaultConfig(), probeEpochs: 60, labelDraws: 3, randomEncoders: 1 };

const evaluate = (
  changes: Partial<Config> = {},
  set: EngineDataset = dataset,
  findings: string[] = [],
  sets: Sets | null = null,
  onScores?: (predictions: Predictions) => void,
) =>
  scoreFeatures({
    dataset: set,
    features: {
      pretrained: { features: informed },
      random: randoms.slice(0, changes.randomEncoders ?? config.randomEncoders),
    },
    config: { ...config, ...changes },
    findings,
    step: 7,
    start: 'random',
    sets,
    onScores,
    onProgress: () => {},
    yieldNow: async () => {},
  });
const withoutSeconds = ({ seconds, ...rest }: LinearReport) => rest;
const refusal = async (run: Promise<LinearReport>) =>
  run.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? `${error.code}: ${error.message}` : String(error)),
  );

describe('the evaluation', () => {
  it('finds what is there and nothing else, and names what it left out', async () => {
    const report = await evaluate();
    const [real, chance] = report.findings;
    expect(report.findings.map(({ finding }) => finding)).toEqual(['real', 'chance']);
    expect(report.leftOut).toEqual([{ finding: 'absent', reason: 'no test film with it' }]);
    expect(real!.auroc.pretrained.value).toBeGreaterThan(0.9);
    for (const encoder of ['random', 'pixels'] as const) {
      expect(Math.abs(real!.auroc[encoder].value! - 0.5)).toBeLessThan(0.25);
    }
    expect(Math.abs(chance!.auroc.pretrained.value! - 0.5)).toBeLessThan(0.25);
    const { value, low, high } = real!.auroc.random;
    expect(low!).toBeLessThan(value!);
    expect(high!).toBeGreaterThan(value!);
    expect(report.mean.pretrained.value).toBeCloseTo(
      (real!.auroc.pretrained.value! + chance!.auroc.pretrained.value!) / 2,
      12,
    );
    expect(report.gain?.random.value).toBeCloseTo(
      report.mean.pretrained.value! - report.mean.random.value!,
      12,
    );
    expect(real!.positives + real!.negatives).toBe(report.films.test);
    expect(real!.roc.pretrained?.tpr.at(-1)).toBe(1);
  });
  it('holds the encoder against the mean of several random ones, each told by itself', async () => {
    const changes = { labelShare: 0.3, randomEncoders: 3 };
    const report = await evaluate(changes, dataset, ['real']);
    expect(report.randomEncoders).toHaveLength(3);
    const alone = await evaluate({ labelShare: 0.3 }, dataset, ['real']);
    expect(report.randomEncoders![0]).toBeCloseTo(alone.mean.random.value!, 12);
    // The third is the pretrained one in disguise.
    expect(report.randomEncoders![2]).toBeCloseTo(report.mean.pretrained.value!, 12);
    const mean = report.randomEncoders!.reduce((sum: number, value) => sum + value!, 0) / 3;
    expect(report.mean.random.value).toBeCloseTo(mean, 12);
    expect(report.gain?.random.value).toBeCloseTo(report.mean.pretrained.value! - mean, 12);
  });
  it('learns from features of any size only when they are standardised', async () => {
    const plain = await evaluate({ probeStandardise: false }, dataset, ['real']);
    const scaled = await evaluate({}, dataset, ['real']);
    expect(scaled.mean.pretrained.value!).toBeGreaterThan(plain.mean.pretrained.value! + 0.02);
    expect(plain.protocol.join()).toContain('not standardised');
  });
  it('hands out what it says of every test film, as it ranks them', async () => {
    let heard: Predictions | null = null;
    const report = await evaluate({ randomEncoders: 3 }, dataset, ['real'], null, (said) => {
      heard = said;
    });
    const { films, findings, labels: known, scores } = heard!;
    expect(findings).toEqual(['real']);
    expect([...films].every((film) => splits[film] === 2)).toBe(true);
    expect([...known]).toEqual([...films].map((film) => labels[3 * film]));
    // Of a single draw, so that the mean over draws is that of the report.
    for (const encoder of ['pretrained', 'pixels'] as const) {
      expect(rankedAuroc(rank(scores[encoder], known))).toBeCloseTo(report.mean[encoder].value!, 12);
    }
    expect(rankedAuroc(rank(scores.random, known))).toBeGreaterThan(
      Math.min(...(report.randomEncoders as number[])),
    );
  });
  it('says when the encoder was pretrained on other films than these', async () => {
    const sets = { evaluated: 'ward B', pretrained: ['ward A'], test: 40, shared: 3 };
    const [plain, beyond] = await Promise.all(
      [null, sets].map((other) => evaluate({}, dataset, ['real'], other)),
    );
    expect(beyond!.protocol.join()).toContain('pretrained on ward A, evaluated on ward B');
    expect(verdict(beyond!)).toContain('3 of the 40 test films');
    expect(beyond!.sets).toEqual(sets);
    expect(plain!.protocol.join()).not.toContain('pretrained on');
    expect(plain).not.toHaveProperty('sets');
  });
  it('gives the same report for the same seed, and averages draws of a small share', async () => {
    const small = await evaluate({ labelShare: 0.1 });
    expect(small.draws).toBe(3);
    expect(small.labelledFilms).toBeLessThan(0.2 * small.films.train);
    expect(small.findings[0]!.auroc.pretrained.value).toBeGreaterThan(0.65);
    expect(withoutSeconds(await evaluate({ labelShare: 0.1 }))).toEqual(withoutSeconds(small));
  });
  it('does without validation films', async () => {
    const set = { ...dataset, splits: splits.map((split) => (split === 1 ? 0 : split)) };
    const report = await evaluate({}, set, ['real']);
    expect(report.mean.pretrained.value).toBeGreaterThan(0.9);
    expect(report.protocol.join()).toContain('a fifth of the labelled patients');
    expect(report.labelledFilms).toBe(report.films.train);
  });
  it('is refused before a feature is computed, where the set cannot be scored', async () => {
    // Neither model nor device: computing a feature would fail in another way.
    const run = {} as Pretrainer;
    const input = {
      run,
      config: defaultConfig(),
      findings: [],
      onProgress: () => {},
      yieldNow: async () => {},
    };
    const absent = { ...dataset, labels: dataset.labels.map(() => 0) };
    expect(await refusal(evaluateLinear({ ...input, dataset: absent }))).toContain('labels-missing');
    const untested = { ...dataset, splits: new Uint8Array(FILMS) };
    expect(await refusal(evaluateLinear({ ...input, dataset: untested }))).toContain('split-impossible');
    const torn = { ...dataset, splits: splits.map((split, film) => (film === 0 ? 2 : split)) };
    expect(await refusal(evaluateLinear({ ...input, dataset: torn }))).toContain('split-impossible');
  });
  it('refuses torn patients, sets without labels, and findings it does not have', async () => {
    const torn = { ...dataset, splits: splits.map((split, film) => (film === 0 ? 2 : split)) };
    expect(await refusal(evaluate({}, torn))).toContain('split-impossible');
    expect(await refusal(evaluate({}, { ...dataset, findings: [] }))).toContain('labels-missing');
    expect(await refusal(evaluate({}, dataset, ['Hernia']))).toContain('no finding called Hernia');
    expect(await refusal(evaluate({}, dataset, ['absent']))).toContain('no test film with it');
    const untested = { ...dataset, splits: new Uint8Array(FILMS) };
    expect(await refusal(evaluate({}, untested))).toContain('no test films');
  });
});

describe('scaling', () => {
  it('can be folded into the layer, and ignores what does not vary', () => {
    const rows = Uint32Array.from({ length: 20 }, (_, i) => i);
    const x = Float32Array.from({ length: 20 * 3 }, (_, i) => (i % 3 === 1 ? 5 : rng.normal() * 1e-4 + 3));
    const scaling = measureScaling(x, 3, rows);
    expect(scaling.inverse[1]).toBe(0);
    const scaled = x.map((value, i) => (value - scaling.mean[i % 3]!) * scaling.inverse[i % 3]!);
    const layer = initLinear(3, 2, 1);
    const [folded, direct] = [logitsOf(foldScaling(layer, scaling), x, 20), logitsOf(layer, scaled, 20)];
    for (const [i, value] of direct.entries()) expect(folded[i]).toBeCloseTo(value, 5);
  });
});

describe('bootstrap', () => {
  it('draws as many patients as there are', () => {
    const counts = new Uint32Array(50);
    drawCounts(1, 3, 50, counts);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(counts.some((count) => count === 0)).toBe(true);
    expect(denseGroups([7, 7, 3, 7])).toEqual({ group: Uint32Array.of(0, 0, 1, 0), groups: 2 });
  });
  it('takes percentiles, and gives no interval to what is mostly undefined', () => {
    expect(quantile([0, 10, 20], 0.25)).toBe(5);
    const values = Float64Array.from({ length: 1000 }, (_, i) => (999 - i) / 999);
    expect(percentileInterval(0.5, values).low).toBeCloseTo(0.025, 9);
    expect(percentileInterval(0.5, values).high).toBeCloseTo(0.975, 9);
    expect(percentileInterval(0.5, values.fill(Number.NaN, 50))).toEqual({
      value: 0.5,
      low: null,
      high: null,
    });
    expect(percentileInterval(null, values)).toEqual({ value: null, low: null, high: null });
  });
});

it('begins no fit once it is called off, so that none fails unheard', async () => {
  const begun: string[] = [];
  const fit = async () => {
    begun.push('fit');
    throw new AppError('cancelled');
  };
  const none = { features: noise };
  const run = compareEncoders(
    {
      dataset,
      features: { pretrained: none, random: [none] },
      config,
      findings: [],
      step: 1,
      start: 'random',
      sets: null,
      onProgress: () => {
        throw new AppError('cancelled');
      },
      yieldNow: async () => {},
    },
    { stage: 'Fits', encoder: fit, pixels: fit },
    () => [],
  );
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect(begun).toEqual([]);
});
