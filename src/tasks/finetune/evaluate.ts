// Fine-tuning as an evaluation: the pretrained encoder and one at the random start of the run learn the findings from the same
// draws of labels, with all their weights, beside raw pixels. The run's own weights stay as they are: a copy is trained. The
// training is in tune.ts, the comparison in ../compared/compare.ts.

import type { Config } from '../../config/schema.ts';
import type { Parameters } from '../../nn/parameters.ts';
import { refusalOf } from '../../protocol/device.ts';
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
import type { Evaluate, EvaluationInput } from '../evaluate.ts';
import { type Draw, requireScorable } from '../labelDraws.ts';
import { fitPixels } from '../linear/fit.ts';
import { setsOf } from '../sets.ts';
import { LEAST_STEPS } from '../stepping.ts';
import { Trainings } from '../trainings.ts';
import { type Epoch, readTuned, storedTuned, type Tuned } from './kept.ts';
import { planTuning } from './memory.ts';
import type { TunedEpoch } from './record.ts';
import { positiveWeights, tune } from './tune.ts';
import { CLASSIFIER, type Start } from './tuner.ts';

type Named = Start & { readonly name: 'pretrained' | 'random' };
/** With its running statistics. */
type Trained = Required<Start>;

/** A start at the weights of a run. Supervised training has a layer, too, for other findings perhaps: a fresh one takes its place. */
export function startFrom(weights: Awaited<ReturnType<Parameters['read']>>, seed: number): Trained {
  const values = new Map([...weights].filter(([name]) => !name.startsWith(CLASSIFIER)));
  return { draw: drawFrom(seed, 'init', values), buffers: values };
}

async function startsOf(run: Pretrainer): Promise<{ pretrained: Named & Trained; random: Named }> {
  const { seed } = run.config;
  return {
    pretrained: { name: 'pretrained', ...startFrom(await run.model.parameters.read(), seed) },
    random: { name: 'random', draw: drawFrom(seed) },
  };
}

/** @throws AppError labels-missing, split-impossible, does-not-fit, loss-not-finite, and whatever `yieldNow` throws */
export const evaluateFinetune: Evaluate<'finetune'> = async ({ run, dataset, config, ...asked }) => {
  requireScorable(dataset, config, asked.findings);
  const refusal = refusalOf(planTuning(config, run.runtime.kind));
  if (refusal) throw refusal;
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
  const { fingerprint } = dataset;
  const key = { task: 'finetune', config, findings: asked.findings, fingerprint } as const;
  return Trainings.during(asked.openTrainings, key, pretrained.buffers, async (trainings) => {
    const curves: TunedEpoch[] = [];
    const bestEpochs = { pretrained: [] as number[], random: [] as number[] };
    const encoder = async (start: Named, draw: Draw) => {
      const words = `${start.name} start, draw ${draw.index + 1}`;
      const around = { ...asked, run, dataset, config };
      const { scores, bestEpoch, epochs } = await tuneOrTakeUp(trainings, words, start, draw, around);
      curves.push(...epochs);
      bestEpochs[start.name].push(bestEpoch);
      return scores;
    };
    const report = await compareEncoders<Named>(
      task,
      {
        stage: 'Fine-tuning',
        encoder,
        pixels: (features, draw) => fitPixels(features, draw, asked.yieldNow),
      },
      (conditions) => protocolWords(task, config, conditions),
    );
    const seconds = report.seconds + trainings.secondsBefore;
    return { ...report, seconds, bestEpochs, curves };
  });
};

/** The training of a start on a draw, kept under these words, or what it came to before a cut; each epoch is told either way. */
export async function tuneOrTakeUp(
  trainings: Trainings,
  words: string,
  start: Named,
  draw: Draw,
  {
    run,
    dataset,
    config,
    ...asked
  }: Pick<
    EvaluationInput,
    'run' | 'dataset' | 'config' | 'onProgress' | 'onTuned' | 'onTakenUp' | 'yieldNow'
  >,
): Promise<Omit<Tuned, 'epochs'> & { readonly epochs: readonly TunedEpoch[] }> {
  const named = (epoch: Epoch): TunedEpoch => ({ start: start.name, draw: draw.index, ...epoch });
  let told = 0;
  const onEpochDone = (epoch: Epoch) => {
    told++;
    asked.onTuned?.(named(epoch));
  };
  const stored = await trainings.run(words, async (from, keep) =>
    storedTuned(
      await tune(start, draw, {
        runtime: run.runtime,
        dataset,
        config,
        from,
        keep,
        onEpoch: (done, total) => asked.onProgress(`Fine-tuning, ${words}, epoch`, done, total),
        onEpochDone,
        onTakenUp: (epoch, total) =>
          asked.onTakenUp?.(`Fine-tuning goes on at epoch ${epoch} of ${total} (${words}).`),
        yieldNow: asked.yieldNow,
      }),
    ),
  );
  const { epochs, ...tuned } = readTuned(stored);
  for (const epoch of epochs.slice(told)) onEpochDone(epoch);
  return { ...tuned, epochs: epochs.map(named) };
}

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
    `All weights are trained: AdamW at ${rateWords(config)}, decay ${config.tuneDecay}, batches of ${batch}, at most ${config.tuneEpochs} epochs of at least ${LEAST_STEPS} steps, binary cross-entropy over known labels${positiveWords(config, conditions)}.`,
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

const rateWords = ({ tuneRate, tuneLayerFactor }: Config): string =>
  tuneLayerFactor === 1
    ? `${tuneRate}`
    : `${tuneRate} for the encoder and ${Number((tuneRate * tuneLayerFactor).toPrecision(6))} for the layer`;

/** What positives weighed, from the least to the most of all findings and draws. */
function positiveWords({ tunePositives: most }: Config, { draws }: Conditions): string {
  if (most === 1) return ', all alike';
  const weights = draws.flatMap((draw) => positiveWeights(draw, most));
  const [low, high] = [Math.min(...weights), Math.max(...weights)].map((weight) => weight.toPrecision(3));
  return `, positives by negatives over positives of the films trained on, up to ${most} (here ${low} to ${high})`;
}
