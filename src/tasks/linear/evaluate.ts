// The linear evaluation of a frozen encoder, beside a random one of the same shape and raw pixels: features, then a layer per
// encoder and draw (fit.ts), then the report (../compared/compare.ts). Where it departs from the published evaluation the
// report says so in words.

import {
  type Compared,
  type Conditions,
  compareEncoders,
  INTERVAL_WORDS,
  openingWords,
  randomWords,
  shareWords,
} from '../compared/compare.ts';
import type { Evaluate, FittedLayer } from '../evaluate.ts';
import { encoderFeatures } from '../features.ts';
import { chooseFindings, requireScorable, splitRows } from '../labelDraws.ts';
import { setsOf } from '../sets.ts';
import { batchFor, fitEncoder, fitPixels } from './fit.ts';
import type { LinearLayer } from './linearClassifier.ts';
import { pointAtDrawn } from './pointing.ts';
import type { LinearReport } from './record.ts';

/** @throws AppError labels-missing, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export const evaluateLinear: Evaluate<'linear'> = async ({ run, dataset, config, onLayer, ...asked }) => {
  requireScorable(dataset, config, asked.findings);
  const compared = {
    ...asked,
    dataset,
    config,
    features: await encoderFeatures(run, dataset, config, asked.onProgress),
    step: run.step,
    start: run.start,
    sets: setsOf(run, dataset, asked.pretrainedOn),
  };
  const { scored } = chooseFindings(dataset, splitRows(dataset), asked.findings);
  const findings = scored.map((k) => dataset.findings[k]!);
  const attended = config.probeFeatures === 'attended';
  const norm = config.probeNorm === 'batch' ? 'batch' : 'running';
  const layers: Partial<Record<'pretrained' | 'random', FittedLayer>> = {};
  const report = await scoreFeatures(compared, (name, layer) => {
    layers[name] = { findings, layer, attended, norm };
    if (name === 'pretrained') onLayer?.(layers[name]);
  });
  const { pretrained, random } = layers;
  if (norm === 'batch' || !dataset.masks || !pretrained || !random) return report;
  const pointing = await pointAtDrawn({ run, dataset, config, ...asked }, { pretrained, random });
  return { ...report, ...(pointing.length > 0 && { pointing }) };
};

/** The same on features that are there already. @param onLayer hears the layers of the first draw, of random encoders the first */
export async function scoreFeatures(
  task: Compared,
  onLayer?: (name: 'pretrained' | 'random', layer: LinearLayer) => void,
): Promise<LinearReport> {
  const { config, yieldNow } = task;
  const { pretrained, random } = task.features;
  return compareEncoders(
    task,
    {
      stage: 'Linear layers',
      encoder: (features, draw) => {
        const name = features === pretrained ? 'pretrained' : features === random[0] ? 'random' : null;
        const told = draw.index === 0 ? name : null;
        return fitEncoder(features, draw, config, yieldNow, (layer) => told && onLayer?.(told, layer));
      },
      pixels: (features, draw) => fitPixels(features, draw, yieldNow),
    },
    (conditions) => protocolWords(task, conditions),
  );
}

function protocolWords(task: Compared, conditions: Conditions): string[] {
  const { config, features } = task;
  const { draws, validation } = conditions;
  const { probeBatch } = config;
  const batch = batchFor(draws[0]!.fit.length, probeBatch);
  const stopping = {
    split: `Early stopping on the mean AUROC of ${draws[0]!.val?.length ?? 0} validation films, whose labels are not counted in the share.`,
    carved: 'No usable validation films: a fifth of the labelled patients is kept for early stopping.',
    none: `No usable validation films and too few labelled patients to spare any: trained for ${config.probeEpochs} epochs in at least one draw.`,
  };
  return [
    ...openingWords(task),
    config.probeStandardise
      ? 'Features standardised over all training films; the published evaluation does not.'
      : 'Features as they are, not standardised (published).',
    config.probeFlip && features.pretrained.flipped
      ? 'Training films mirrored half of the time; test films never.'
      : 'No mirrored films.',
    stopping[validation],
    shareWords(config, conditions),
    ...(batch < probeBatch
      ? [`Batches of ${batch} instead of ${probeBatch}: at least eight steps an epoch.`]
      : []),
    randomWords(task),
    `Raw pixels: ridge regression, ${validation === 'none' ? 'one fixed penalty where nothing is left to choose it on' : 'penalty chosen on the validation films'}.`,
    INTERVAL_WORDS,
  ];
}
