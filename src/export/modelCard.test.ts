// The card of a model: counts, settings in force, scores with their intervals and limits; never a name of a film or patient.

import { expect, it } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { fakeEvaluation } from '../fake/report.ts';
import { type CardFacts, modelCard } from './modelCard.ts';

const FACTS: CardFacts = {
  config: { ...presetConfig('smoke'), method: 'barlow', seed: 11 },
  step: 1200,
  start: 'random',
  data: {
    synthetic: false,
    films: { train: 1061, val: 139, test: 400 },
    patients: { train: 900, val: 100, test: 1 },
    counts: [
      {
        finding: 'mass | large',
        positives: { train: 3, val: 0, test: 1 },
        negatives: { train: 9, val: 0, test: 3 },
      },
    ],
    trainedOn: true,
  },
  adapter: { vendor: 'google', architecture: 'swiftshader', description: '', software: true },
  evaluations: [],
};

it('says what it was trained on, how, on what, and what it is not for', () => {
  const card = modelCard(FACTS);
  for (const words of [
    '# Barlow Twins on chest films',
    'after 1,200 steps',
    '1,061 of 900 patients for training, 139 of 100 patients for validation, 400 of 1 patient for testing',
    '| mass \\| large | 3 of 12 (25.0 %) | 0 of 0 (–) | 1 of 4 (25.0 %) |',
    '`offDiagonalWeight` | 0.0051 |',
    'seed 11',
    'google swiftshader (software), WebGPU',
    'This model was not evaluated.',
    '**Not a medical device**',
  ]) {
    expect(card).toContain(words);
  }
  // Settings of other methods and of evaluations have no say.
  expect(card).not.toMatch(/invarianceWeight|probeRate/);
});

it('says when the films are others, or none, and gives every score with its interval', () => {
  const other = modelCard({
    ...FACTS,
    data: { ...FACTS.data!, trainedOn: false, synthetic: true, counts: [] },
  });
  expect(other).toMatch(/of no patient.*trained on other films.*have no labels/s);
  expect(modelCard({ ...FACTS, data: null, adapter: null })).toMatch(/No set of films.*Adapter: not known/s);
  const scored = modelCard({
    ...FACTS,
    evaluations: [fakeEvaluation('linear', FACTS.config, 1200)],
  });
  expect(scored).toMatch(/encoder at step 1,200/);
  expect(scored).toMatch(/\| finding .*low.*high/);
});
