// The whole evaluation on made features: what neighbours know scores high, what they cannot know near one half, and a share
// of the labels is a smaller bank.

import { describe, expect, it } from 'vitest';
import { type Config, defaultConfig } from '../../config/schema.ts';
import type { EngineDataset } from '../../protocol/dataset.ts';
import { Rng } from '../../util/rng.ts';
import { scoreForStudy } from '../study.ts';
import { voteOnFeatures } from './evaluate.ts';

const FILMS = 240;
const DIM = 6;
const rng = new Rng(5, 'synthetic');
const ill = Uint8Array.from({ length: FILMS }, () => Number(rng.chance(0.4)));
const dataset: EngineDataset = {
  name: 'made',
  fingerprint: 'made',
  findings: ['near', 'chance'],
  planes: Array.from({ length: FILMS }, () => Uint8Array.from({ length: 64 }, () => rng.int(256))),
  widths: new Uint16Array(FILMS).fill(8),
  heights: new Uint16Array(FILMS).fill(8),
  splits: Uint8Array.from({ length: FILMS }, (_, i) => [0, 0, 0, 1, 2][(i >> 1) % 5]!),
  patients: Uint32Array.from({ length: FILMS }, (_, i) => i >> 1),
  labels: Uint8Array.from({ length: FILMS * 2 }, (_, i) => (i % 2 ? Number(rng.chance(0.5)) : ill[i >> 1]!)),
};
const informed = Float32Array.from({ length: FILMS * DIM }, (_, i) => {
  const direction = ill[Math.floor(i / DIM)] ? 2 : 0;
  return (i % DIM === direction ? 3 : 0) + rng.normal();
});
const noise = Float32Array.from({ length: FILMS * DIM }, () => rng.normal());

const evaluate = (changes: Partial<Config> = {}) =>
  voteOnFeatures({
    dataset,
    features: { pretrained: { features: informed }, random: [{ features: noise }] },
    config: { ...defaultConfig(), neighbourCount: 10, labelDraws: 3, ...changes },
    findings: [],
    step: 7,
    start: 'random',
    sets: null,
    onProgress: () => {},
    yieldNow: async () => {},
  });

describe('the vote of neighbours', () => {
  it('finds what lies close together and nothing else, with intervals', async () => {
    const report = await evaluate();
    const [near, chance] = report.findings;
    expect(near!.auroc.pretrained.value).toBeGreaterThan(0.9);
    expect(near!.auroc.pretrained.low!).toBeLessThan(near!.auroc.pretrained.value!);
    for (const encoder of ['random', 'pixels'] as const) {
      expect(Math.abs(near!.auroc[encoder].value! - 0.5)).toBeLessThan(0.2);
    }
    expect(Math.abs(chance!.auroc.pretrained.value! - 0.5)).toBeLessThan(0.2);
    expect(report).toMatchObject({ neighbours: 10, temperature: 0.07, draws: 1, step: 7 });
    const { seconds, ...first } = report;
    expect(await evaluate()).toMatchObject(first);
  });
  it('asks the labelled films alone, and all of them where they are few', async () => {
    const report = await evaluate({ labelShare: 0.05, neighbourCount: 100 });
    expect(report.draws).toBe(3);
    expect(report.labelledFilms).toBeLessThan(0.1 * report.films.train);
    expect(report.protocol.join()).toMatch(/Only \d+ films are labelled/);
    expect(report.findings[0]!.auroc.pretrained.value).toBeGreaterThan(0.6);
  });
  it('scores raw pixels in a study as in an evaluation', async () => {
    const { findings } = await evaluate();
    const asked = {
      task: 'neighbours',
      encoder: 'pixels',
      config: { ...defaultConfig(), neighbourCount: 10 },
      findings: [],
      shares: [1],
      resampleSeed: 1,
    } as const;
    const around = { run: null, dataset, onProgress: () => {}, yieldNow: async () => {} };
    const { shares } = await scoreForStudy(around, asked);
    expect(shares[0]!.findings.map(({ aurocs }) => aurocs[0])).toEqual(
      findings.map(({ auroc }) => auroc.pixels.value),
    );
    const byLayer = await scoreForStudy(around, { ...asked, task: 'linear' });
    expect(byLayer.shares[0]!.findings[0]!.aurocs).not.toEqual(shares[0]!.findings[0]!.aurocs);
    await expect(scoreForStudy(around, { ...asked, encoder: 'run' })).rejects.toMatchObject({
      code: 'not-ready',
    });
  });
});
