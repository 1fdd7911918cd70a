// Fine-tuning as an evaluation: the pretrained encoder and one at the random start of the run learn the findings from the same
// draws of labels, with all their weights, beside raw pixels. The run's own weights stay as they are: a copy is trained. The
// training is in tune.ts, the comparison in ../compared/compare.ts.

import type { Config } from '../../config/schema.ts';
import type { Parameters } from '../../nn/parameters.ts';
import { drawFrom } from '../../train/initialise.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import {
  type Compared,
  type Conditions,
  compareEncoders,
  INTERVAL_WORDS,
  shareWords,
  startWords,
} from '../compared/compare.ts';
import type { Evaluate } from '../evaluate.ts';
import { requireScorable } from '../labelDraws.ts';
import { fitPixels } from '../linear/fit.ts';
import { setsOf } from '../sets.ts';
import type { TunedEpoch } from './record.ts';
import { LEAST_STEPS, tune } from './tune.ts';
import { CLASSIFIER, type Start } from './tuner.ts';

type Named = Start & { readonly name: 'pretrained' | 'random' };

/** A start at the weights of a run. Supervised training has a layer, too, for other findings perhaps: a fresh one takes its place. */
export function startFrom(weights: Awaited<ReturnType<Parameters['read']>>, seed: number): Start {
  const values = new Map([...weights].filter(([name]) => !name.startsWith(CLASSIFIER)));
  return { draw: drawFrom(seed, 'init', values), buffers: values };
}

async function startsOf(run: Pretrainer): Promise<{ pretrained: Named; random: Named }> {
  const { seed } = run.config;
  return {
    pretrained: { name: 'pretrained', ...startFrom(await run.model.parameters.read(), seed) },
    random: { name: 'random', draw: drawFrom(seed) },
  };
}

/** @throws AppError labels-missing, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export const evaluateFinetune: Evaluate<'finetune'> = async ({ run, dataset, config, ...asked }) => {
  requireScorable(dataset, config, asked.findings);
  const { pretrained, random } = await startsOf(run);
  const task: Compared<Named> = {
    ...asked,
    dataset,
    config,
    features: { pretrained, random: [random] },
    step: run.step,
    start: run.start,
    sets: setsOf(run, dataset, asked.pretrainedOn),
  };
  const curves: TunedEpoch[] = [];
  const bestEpochs = { pretrained: [] as number[], random: [] as number[] };
  const report = await compareEncoders<Named>(
    task,
    {
      stage: 'Fine-tuning',
      async encoder(start, draw) {
        const onEpoch = (done: number, total: number) =>
          asked.onProgress(`Fine-tuning, ${start.name} start, draw ${draw.index + 1}, epoch`, done, total);
        const onEpochDone = (epoch: number, loss: number, auroc: number | null) => {
          const tuned = { start: start.name, draw: draw.index, epoch, loss, auroc };
          curves.push(tuned);
          asked.onTuned?.(tuned);
        };
        const tuning = {
          runtime: run.runtime,
          dataset,
          config,
          onEpoch,
          onEpochDone,
          yieldNow: asked.yieldNow,
        };
        const { scores, bestEpoch } = await tune(start, draw, tuning);
        bestEpochs[start.name].push(bestEpoch);
        return scores;
      },
      pixels: (features, draw) => fitPixels(features, draw, asked.yieldNow),
    },
    (conditions) => protocolWords(task, config, conditions),
  );
  return { ...report, bestEpochs, curves };
};

function protocolWords(task: Compared<Named>, config: Config, conditions: Conditions): string[] {
  const { draws, validation } = conditions;
  const batch = Math.min(config.tuneBatch, draws[0]!.fit.length);
  const stopping = {
    split: `The best epoch is chosen by the mean AUROC of ${draws[0]!.val?.length ?? 0} validation films, whose labels are not counted in the share.`,
    carved:
      'No usable validation films: the best epoch is chosen on a fifth of the labelled patients, kept for that.',
    none: `No usable validation films and too few labelled patients to spare any: trained for ${config.tuneEpochs} epochs in at least one draw.`,
  };
  return [
    ...startWords(task),
    `All weights are trained: AdamW at ${config.tuneRate}, decay ${config.tuneDecay}, batches of ${batch}, at most ${config.tuneEpochs} epochs of at least ${LEAST_STEPS} steps, binary cross-entropy over known labels.`,
    config.tuneViews === 'augmented'
      ? 'Trained on views as in pretraining, two of each film; scored on whole films.'
      : 'Trained on whole films, mirrored half of the time; test films never.',
    stopping[validation],
    shareWords(config, conditions),
    'Random start: the one at which the run itself would begin without given weights, trained alike.',
    'Raw pixels: ridge regression on films of 32 x 32, which is not fine-tuned.',
    INTERVAL_WORDS,
  ];
}
