// What the built-in set must be for the first run to show anything: its findings can be learnt from all labels by the
// simplest of models, and a few labels are not enough for it. Everything is seeded, so nothing here depends on luck.

import { expect, it } from 'vitest';
import { assembleDataset } from '../../data/dataset.ts';
import { renderEntry, type SyntheticEntry } from '../../data/synthetic/set.ts';
import { Rng } from '../../util/rng.ts';
import { planSet } from '../../worker/intake/synthetic.ts';
import { pixelFeatures } from '../features.ts';
import { drawShare, splitRows } from '../labelDraws.ts';
import { auroc } from '../scores/auroc.ts';
import { fitPixels } from './fit.ts';

async function scored(seed: number, share: number): Promise<number> {
  const { dataset, features, rows } = await drawn(seed);
  const classes = dataset.findings.length;
  const every = [...dataset.findings.keys()];
  const fit = drawShare(dataset, rows.train, every, share, new Rng(1, 'share', 0));
  const draw = { index: 0, ...rows, fit, labels: dataset.labels, classes };
  const logits = await fitPixels(features, draw, async () => undefined);
  const scores = every.map((k) =>
    auroc(
      Float64Array.from(rows.test, (_, i) => logits[i * classes + k]!),
      Uint8Array.from(rows.test, (row) => dataset.labels[row * classes + k]!),
    ),
  );
  return scores.reduce((sum: number, score) => sum + score! / classes, 0);
}

const kept = new Map<number, ReturnType<typeof draw>>();
const drawn = (seed: number) => {
  if (!kept.has(seed)) kept.set(seed, draw(seed));
  return kept.get(seed)!;
};

async function draw(seed: number) {
  const options = { patients: 400, seed, difficulty: 'classroom', planeSize: 48 } as const;
  const { parts, entries } = planSet(options);
  const planes = entries.map((entry: SyntheticEntry) => renderEntry(entry, 48).plane);
  const { engine } = await assembleDataset({ ...parts, planes, startedAt: 0 });
  return { dataset: engine, features: await pixelFeatures({ ...engine, planes }), rows: splitRows(engine) };
}

it.each([4, 5])(
  'can be learnt from all labels, not from a hundredth of them (set %i)',
  async (seed) => {
    const [all, few] = [await scored(seed, 1), await scored(seed, 0.01)];
    expect(all).toBeGreaterThan(0.75);
    expect(few).toBeLessThan(0.68);
  },
  60_000,
);
