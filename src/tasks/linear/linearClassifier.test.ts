// The linear evaluation against recorded AdamW trajectories, and its behaviour on unknown labels.

import { describe, expect, it } from 'vitest';
import { hasParity, parityFixtures, parityTensors, relativeDistance } from '../../train/testParity.ts';
import { Rng } from '../../util/rng.ts';
import { auroc } from '../scores/auroc.ts';
import {
  copyLayer,
  crossEntropy,
  initLinear,
  type LinearLayer,
  LinearTrainer,
  linearEpochs,
  logitsOf,
  PROBE_OPTIMISER,
  sigmoid32,
  trainLinear,
} from './linearClassifier.ts';

interface LinearFixture {
  name: string;
  file: string;
  D: number;
  K: number;
  epochs: number;
  batch: number;
  hyperparameters: { lr: number; eta_min: number; T_0: number; T_mult: number; clip: number };
  loss: number[];
  grad_norm_before_clipping: number[];
  lr_per_epoch_of_run: number[];
  auroc: (number | null)[];
}

const fixtures = parityFixtures<LinearFixture>('linear-eval');

describe.skipIf(!hasParity)('recorded trajectories (skipped without ../shared/parity)', () => {
  it.each(fixtures.filter(({ loss }) => loss))('$name', (fixture) => {
    const { tensors, numbers } = parityTensors(fixture.file);
    const { D: dim, K: classes, hyperparameters: hyper } = fixture;
    expect([
      PROBE_OPTIMISER.minRate,
      PROBE_OPTIMISER.firstPeriod,
      PROBE_OPTIMISER.factor,
      PROBE_OPTIMISER.clip,
    ]).toEqual([hyper.eta_min, hyper.T_0, hyper.T_mult, hyper.clip]);
    const layerAt = (suffix: string): LinearLayer => ({
      dim,
      classes,
      weight: Float64Array.from(numbers(`weight.${suffix}`)),
      bias: Float64Array.from(numbers(`bias.${suffix}`)),
    });
    const features = Float32Array.from(numbers('features'));
    const labels = Uint8Array.from(numbers('targets'));
    const [epochs, perEpoch, size] = tensors.get('batches')!.shape as [number, number, number];
    const flat = numbers('batches');
    const batches = Array.from({ length: epochs }, (_, e) =>
      Array.from({ length: perEpoch }, (_, b) =>
        flat.slice((e * perEpoch + b) * size, (e * perEpoch + b + 1) * size),
      ),
    );

    const stepped = copyLayer(layerAt('init'));
    const trainer = new LinearTrainer(stepped);
    for (const [step, batch] of batches.flat().entries()) {
      const rate = fixture.lr_per_epoch_of_run[Math.floor(step / perEpoch)]!;
      const x = Float32Array.from(batch.flatMap((row) => [...features.subarray(row * dim, (row + 1) * dim)]));
      const y = Uint8Array.from(
        batch.flatMap((row) => [...labels.subarray(row * classes, (row + 1) * classes)]),
      );
      trainer.step(x, y, batch.length, rate);
      if (!tensors.has(`weight.step${step + 1}`)) continue;
      expect(relativeDistance(stepped.weight, numbers(`weight.step${step + 1}`))).toBeLessThan(1e-5);
      expect(relativeDistance(stepped.bias, numbers(`bias.step${step + 1}`))).toBeLessThan(1e-5);
    }

    const hyperOf = { rate: hyper.lr, epochs, batch: size, seed: 0, batches };
    const trained = trainLinear(layerAt('init'), { features, labels }, hyperOf);
    expect(relativeDistance(trained.layer.weight, numbers('weight.final'))).toBeLessThan(1e-5);
    expect(relativeDistance(trained.layer.bias, numbers('bias.final'))).toBeLessThan(1e-5);
    expect(
      relativeDistance(
        trained.epochs.flatMap((e) => e.losses),
        fixture.loss,
      ),
    ).toBeLessThan(1e-5);
    const norms = trained.epochs.flatMap((e) => e.gradientNorms);
    expect(relativeDistance(norms, fixture.grad_norm_before_clipping)).toBeLessThan(1e-5);

    const evalFeatures = Float32Array.from(numbers('eval_features'));
    const logits = logitsOf(trained.layer, evalFeatures, evalFeatures.length / dim);
    const wanted = numbers('eval_scores');
    for (const [i, score] of wanted.entries())
      expect(Math.abs(sigmoid32(logits[i]!) - score)).toBeLessThan(1e-5);
    const targets = numbers('eval_targets');
    const column = (values: ArrayLike<number>, k: number) =>
      Array.from(values).filter((_, i) => i % classes === k);
    for (const [k, value] of fixture.auroc.entries()) {
      const found = auroc(column(wanted, k), column(targets, k));
      if (value === null) expect(found).toBeNull();
      else expect(found).toBeCloseTo(value, 9);
      const own = auroc(column(logits, k), column(targets, k));
      if (value !== null) expect(Math.abs(own! - value)).toBeLessThan(2e-3);
    }
  });

  it('cuts extreme cross-entropies as recorded', () => {
    const { numbers } = parityTensors('linear-eval-bce-extremes.safetensors');
    for (const [i, logit] of numbers('logits').entries()) {
      expect(sigmoid32(logit)).toBeCloseTo(numbers('sigmoid')[i]!, 14);
      expect(crossEntropy(logit, 0)).toBeCloseTo(numbers('bce_target0')[i]!, 5);
      expect(crossEntropy(logit, 1)).toBeCloseTo(numbers('bce_target1')[i]!, 5);
    }
  });
});

describe('training', () => {
  const rng = new Rng(3, 'split');
  const films = 120;
  const dim = 6;
  const features = Float32Array.from({ length: films * dim }, () => rng.normal());
  const labels = Uint8Array.from({ length: films }, (_, i) => (features[i * dim]! > 0 ? 1 : 0));
  const hyper = { rate: 0.03, epochs: 40, batch: 32, seed: 5 };

  it('learns a separable label, the same way for the same seed', () => {
    const run = () => trainLinear(initLinear(dim, 1, 5), { features, labels }, hyper).layer;
    const layer = run();
    expect(auroc(logitsOf(layer, features, films), labels)).toBeGreaterThan(0.98);
    expect(run()).toEqual(layer);
  });
  it('pays no heed to films whose label is unknown', () => {
    const rows = Uint32Array.from({ length: 60 }, (_, i) => i);
    const masked = labels.slice().fill(255, 60);
    const batch = { ...hyper, epochs: 3, batch: films };
    const batches = (order: Uint32Array) => Array.from({ length: 3 }, () => [order]);
    const all = Uint32Array.from({ length: films }, (_, i) => i);
    const start = initLinear(dim, 1, 5);
    const known = trainLinear(start, { features, labels, rows }, { ...batch, batches: batches(rows) });
    const unknown = trainLinear(start, { features, labels: masked }, { ...batch, batches: batches(all) });
    expect(relativeDistance(unknown.layer.weight, known.layer.weight)).toBeLessThan(1e-12);
  });
  it('uses mirrored films when they are given', () => {
    const flipped = features.map((value) => -value);
    const layer = trainLinear(initLinear(dim, 1, 5), { features, flipped, labels }, hyper).layer;
    // The mirrored features say the opposite, so half of each cancels what could be learnt.
    expect(auroc(logitsOf(layer, features, films), labels)).toBeLessThan(0.95);
  });
  it('halts on features that are not numbers', () => {
    const broken = features.slice();
    broken[7] = Number.NaN;
    const data = { features: broken, labels };
    expect(() => [...linearEpochs(initLinear(dim, 1, 5), data, hyper)]).toThrow('linear evaluation');
  });
});
