// Segmentation as an evaluation: decoders on the pretrained encoder and on encoders at random starts learn the same masks of the same
// draws of patients, and are asked for the masks of the same test films. The run's own weights stay as they are. The training is in
// train.ts, which films take part in films.ts, the scores in overlap.ts.

import { type Config, SCHEMA } from '../../config/schema.ts';
import { refusalOf } from '../../protocol/device.ts';
import type { DrawnMask } from '../../protocol/looks.ts';
import { drawFrom } from '../../train/initialise.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { unpackBits } from '../../util/bits.ts';
import { hashWords } from '../../util/rng.ts';
import { INTERVAL_WORDS, startWords } from '../compared/compare.ts';
import type { Evaluate, EvaluationInput } from '../evaluate.ts';
import { countFilms, type ValidationSource } from '../labelDraws.ts';
import { pairedDifference } from '../scores/bootstrap.ts';
import { setsOf } from '../sets.ts';
import { LEAST_STEPS } from '../stepping.ts';
import { Trainings } from '../trainings.ts';
import { DECODER } from './decoder.ts';
import { examplesOf } from './examples.ts';
import { digestOf, drawMasks, type MaskDraw, type MaskedFilms, maskedFilms, targetsOf } from './films.ts';
import type { Trained } from './kept.ts';
import { planMasks } from './memory.ts';
import { intervalOf, meanOverFilms, type Overlap, type Resampled } from './overlap.ts';
import { MASK_SCORE_ORDER, type MaskScoreName, type SegmentationReport } from './record.ts';
import { MASK_DECAY, type Start } from './segmenter.ts';
import { trainOrTakeUp } from './train.ts';

/** What is drawn on the test films, by the decoder on the pretrained encoder of the first draw. */
export interface DrawnOnTest {
  /** Of the set whose films these are. */
  readonly fingerprint: string;
  readonly targets: readonly string[];
  readonly side: number;
  /** By film of the set, what is inside as bits, and the same of the truth. */
  readonly masks: ReadonlyMap<number, { readonly drawn: Uint8Array; readonly truth: Uint8Array }>;
}

/** Both masks of a film as squares; null for a film that is none of those, or of another set. */
export function maskOn(
  drawn: DrawnOnTest | null,
  fingerprint: string | undefined,
  film: number,
): DrawnMask | null {
  const found = drawn?.fingerprint === fingerprint ? drawn?.masks.get(film) : undefined;
  if (!drawn || !found) return null;
  const { targets, side } = drawn;
  const [own, truth] = [found.drawn, found.truth].map((bits) => unpackBits(bits, side * side));
  return { targets, side, drawn: own!, truth: truth! };
}

interface Named {
  readonly words: string;
  readonly start: Start;
}
/** With its running statistics. */
type OfRun = Required<Start>;

/** The run's encoder as it stands; the decoder is drawn anew. */
export async function startOf(run: Pretrainer): Promise<OfRun> {
  const values = await run.model.parameters.read();
  for (const name of [...values.keys()]) if (name.startsWith(DECODER)) values.delete(name);
  return { draw: drawFrom(run.config.seed, 'init', values), buffers: values };
}

/** The run's encoder, and random ones as the evaluations of frozen features have them; decoders begin alike. */
async function startsOf(
  run: Pretrainer,
  random: number,
): Promise<{ pretrained: Named & { readonly start: OfRun }; random: Named[] }> {
  const { seed } = run.config;
  return {
    pretrained: { words: 'pretrained encoder', start: await startOf(run) },
    random: Array.from({ length: random }, (_, at) => ({
      words: `random encoder ${at + 1}`,
      start: { draw: at === 0 ? drawFrom(seed) : drawFrom(hashWords(seed, at), 'randomEncoder') },
    })),
  };
}

/** @throws AppError masks-missing, does-not-fit, split-impossible, loss-not-finite, and whatever `yieldNow` throws */
export const evaluateSegmentation: Evaluate<'segmentation'> = async (input) => {
  const { run, dataset, config, findings, onProgress } = input;
  const started = performance.now();
  targetsOf(dataset, findings);
  const memory = planMasks(config, run.runtime.kind);
  const refusal = refusalOf(memory);
  if (refusal) throw refusal;
  const films = await maskedFilms(dataset, findings, config.imageSize, (done, total) =>
    onProgress('Masks', done, total),
  );
  const { draws, validation } = drawMasks(films, config);
  const sets = setsOf(run, dataset, input.pretrainedOn);
  const starts = await startsOf(run, config.randomEncoders);
  const { fingerprint } = dataset;
  const key = { task: 'segmentation', config, findings, fingerprint, more: await digestOf(films) } as const;
  const { buffers } = starts.pretrained.start;
  return Trainings.during(input.openTrainings, key, buffers, async (trainings) => {
    const trained = await trainAll(trainings, starts, draws, films, input);
    const { pretrained, random } = trained;
    const masks = pretrained[0]!.masks!;
    input.onMasks?.(drawnOnTest(fingerprint, films, masks));
    return {
      share: config.labelShare,
      draws: draws.length,
      seed: config.seed,
      step: run.step,
      targets: films.targets,
      encoder: config.maskEncoder,
      side: films.truth.side,
      ...countsOf(films, draws),
      ...scoresOf(films, dataset.patients, trained, config),
      bestEpochs: {
        pretrained: pretrained.map(({ bestEpoch }) => bestEpoch),
        random: random.flat().map(({ bestEpoch }) => bestEpoch),
      },
      examples: examplesOf(films, masks),
      fingerprint,
      ...(sets && { sets }),
      seconds: trainings.secondsBefore + (performance.now() - started) / 1000,
      protocol: [
        ...startWords({ start: run.start, sets }),
        ...protocolWords(films, config, draws, validation),
      ],
    };
  });
};

interface AllTrained {
  /** Per draw. */
  readonly pretrained: readonly Trained[];
  /** Per random encoder and draw. */
  readonly random: readonly (readonly Trained[])[];
}

async function trainAll(
  trainings: Trainings,
  starts: Awaited<ReturnType<typeof startsOf>>,
  draws: readonly MaskDraw[],
  { truth }: MaskedFilms,
  input: EvaluationInput,
): Promise<AllTrained> {
  const train = async ({ words, start }: Named, shown: boolean): Promise<Trained[]> => {
    const found: Trained[] = [];
    for (const draw of draws) {
      const name = `${words}, draw ${draw.index + 1}`;
      const around = { ...input, truth, shown: shown && draw === draws[0] };
      found.push(await trainOrTakeUp(trainings, name, start, draw, around));
    }
    return found;
  };
  const random: Trained[][] = [];
  for (const start of starts.random) random.push(await train(start, false));
  return { random, pretrained: await train(starts.pretrained, true) };
}

function scoresOf(
  films: MaskedFilms,
  patients: Uint32Array,
  { pretrained, random }: AllTrained,
  { seed }: Config,
): Pick<SegmentationReport, 'scores' | 'emptyFilms' | 'randomEncoders'> {
  const { rows } = films;
  const owners = Array.from(rows.test, (film) => patients[film]!);
  const mean = (score: MaskScoreName, repetitions: readonly (readonly Overlap[])[]) =>
    meanOverFilms(score, repetitions, owners, seed);
  const own = pretrained.map(({ overlaps }) => overlaps);
  const others = random.map((draws) => draws.map(({ overlaps }) => overlaps));
  const compare = (score: MaskScoreName) => {
    const [one, other] = [mean(score, own), mean(score, others.flat())] as [Resampled, Resampled];
    return { pretrained: intervalOf(one), random: intervalOf(other), gain: pairedDifference(one, other) };
  };
  const all = <T>(make: (score: MaskScoreName) => T) =>
    Object.fromEntries(MASK_SCORE_ORDER.map((score) => [score, make(score)])) as Record<MaskScoreName, T>;
  // A truth that is held against nothing but itself: drawn empty exactly where it is empty.
  const blank = own[0]!.map(({ there: size }) => ({ both: size, drawn: size, there: size }));
  return {
    scores: all(compare),
    emptyFilms: intervalOf(mean('empty', [blank])),
    randomEncoders: others.map((draws) => all((score) => mean(score, draws).value)),
  };
}

function countsOf(
  { table, rows, leftOut }: MaskedFilms,
  draws: readonly MaskDraw[],
): Pick<SegmentationReport, 'films' | 'labelledFilms' | 'leftOut'> {
  const part = (films: Uint32Array) => {
    const { positives, negatives } = countFilms(table, films, 0);
    return { withMask: positives, without: negatives };
  };
  const labelled = draws.reduce(
    (sum, { fit, val }) => sum + fit.length + (val && val !== rows.val ? val.length : 0),
    0,
  );
  return {
    films: { train: part(rows.train), val: part(rows.val), test: part(rows.test) },
    labelledFilms: labelled / draws.length,
    leftOut,
  };
}

function drawnOnTest(
  fingerprint: string,
  { truth, rows, targets }: MaskedFilms,
  masks: readonly Uint8Array[],
): DrawnOnTest {
  const found = Array.from(rows.test, (film, i) => {
    return [film, { drawn: masks[i]!, truth: truth.bits(film) }] as const;
  });
  return { fingerprint, targets, side: truth.side, masks: new Map(found) };
}

function protocolWords(
  { targets, rows, truth }: MaskedFilms,
  config: Config,
  draws: readonly MaskDraw[],
  validation: ValidationSource,
): string[] {
  const [first] = draws;
  const { labelShare: share, randomEncoders: random } = config;
  const frozen = config.maskEncoder === 'frozen';
  const stopping = {
    split: `The best epoch is chosen by the loss on ${first!.val?.length ?? 0} validation films, whose masks are not counted in the share.`,
    carved:
      'No validation film has a mask: the best epoch is chosen on a fifth of the labelled patients, kept for that.',
    none: `No usable validation films and too few labelled patients to spare any: trained for ${config.maskEpochs} epochs in at least one draw.`,
  };
  return [
    `One mask a film, the union of what is drawn of ${targets.join(', ')}, at ${truth.side} x ${truth.side} px: a pixel is inside where half of it is.`,
    `Decoder: U-Net on the five levels, ${SCHEMA.probeFeatures.choices[config.probeFeatures].toLowerCase()}; ${
      frozen
        ? `the encoder is frozen, batch norm: ${SCHEMA.probeNorm.choices[config.probeNorm].toLowerCase()}.`
        : 'the encoder is trained with it, from its start.'
    }`,
    `Binary cross-entropy over pixels plus soft Dice film by film; AdamW at ${config.maskRate}, decay ${MASK_DECAY}, batches of ${config.maskBatch} at most, ${config.maskEpochs} epochs of at least ${LEAST_STEPS} steps at most.`,
    'An epoch has every labelled film with a mask and as many without, mirrored half of the time; all test films are scored, as they are.',
    stopping[validation],
    share < 1
      ? `Masks of ${Number((share * 100).toPrecision(3))} % of the training patients, mean of ${draws.length} seeded draws.`
      : 'Masks of all training patients.',
    `Random encoders: ${random}, the first at the start of the run; scores and gain are against their mean, and decoders begin alike.`,
    'Dice of a film without a mask is 1 where nothing is drawn on it and 0 otherwise; a pixel is drawn at a probability above a half.',
    `${INTERVAL_WORDS} ${rows.test.length} test films.`,
  ];
}
