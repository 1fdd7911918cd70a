// SimSiam with and without its stop-gradient, on easy views of films that differ much: without it the loss falls faster and the
// dimensions come to say the same, which the verdict names; with it they do not. The norm at the end keeps some spread in both.
import { expect, test } from 'vitest';
import { testDevice } from '../gpu/testDevice.ts';
import { effectiveDimensions } from '../methods/record/health.ts';
import { metricNames, type StepSample } from '../protocol/metrics.ts';
import { verdictOf } from '../store/curves/verdict.ts';
import { Pretrainer, trainingLoop } from './pretrain.ts';
import { madeFilms, tinyConfig } from './testRun.ts';

const STEPS = 60;
const EASY = {
  minCropScale: 0.8,
  brightness: 0.1,
  contrast: 0.1,
  blurProbability1: 0,
  blurProbability2: 0,
  solariseProbability2: 0,
};

async function train(stopGradient: boolean) {
  const { runtime, takeFaults } = await testDevice();
  const heads = { projectorHidden: 32, embeddingDim: 32 };
  const run = { batchSize: 16, maxSteps: STEPS, learningRate: 5e-3 };
  const config = tinyConfig({ method: 'simsiam', stopGradient, ...EASY, ...heads, ...run });
  const trainer = new Pretrainer(config, madeFilms(96), runtime);
  const samples: StepSample[] = [];
  for await (const sample of trainingLoop(trainer, STEPS, () => false)) samples.push(sample);
  trainer.dispose();
  expect(takeFaults()).toEqual([]);
  const names = metricNames(config);
  const last = (name: (typeof names)[number]) =>
    samples.slice(-10).reduce((sum, { values }) => sum + values[names.indexOf(name)]!, 0) / 10;
  const spread = last('global/std');
  const dimensions = effectiveDimensions(heads.embeddingDim, spread, last('global/covariance'));
  const { name, sentence } = verdictOf(samples, config);
  process.stdout.write(
    `stop-gradient ${stopGradient}: loss ${last('loss/total').toFixed(3)}, spread ${spread.toFixed(2)}, ${dimensions.toFixed(1)} dimensions: ${sentence}\n`,
  );
  return { loss: last('loss/total'), spread, dimensions, name };
}

test('without its stop-gradient SimSiam collapses', async () => {
  const [stopped, free] = [await train(true), await train(false)];
  expect(free.loss).toBeLessThan(stopped.loss - 0.1);
  expect(free.dimensions).toBeLessThan(stopped.dimensions / 1.5);
  expect(free.spread).toBeGreaterThan(0.3);
  expect(free.name).toMatch(/collaps/);
  expect(stopped.name).not.toMatch(/collaps/);
}, 280_000);
