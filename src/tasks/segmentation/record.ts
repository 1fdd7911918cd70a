// What the evaluation of masks says of itself. A decoder learns to draw where findings lie; its scores are means over films, and
// three that are often taken for each other stand under names of their own (overlap.ts). How it is computed is in evaluate.ts.

import { type Field, number } from '../../config/fields.ts';
import {
  choice,
  count,
  type InferOutput,
  list,
  number as measured,
  numberOrNull,
  object,
  optional,
  read,
  text,
} from '../../util/schema.ts';
import { gainText, intervalText, percent, scoreText } from '../compared/record.ts';
import {
  FEATURE_ROWS,
  INTERVAL,
  type Interval,
  LABEL_ROWS,
  type ResultValue,
  SETS,
  sharedInWords,
  type TaskRecord,
} from '../record.ts';

const row = { group: 'evaluation', when: 'evaluation' } as const;

const SEGMENTATION_ROWS = {
  ...LABEL_ROWS,
  ...FEATURE_ROWS,
  maskEncoder: {
    ...row,
    kind: 'choice',
    default: 'frozen',
    choices: { frozen: 'Frozen', tuned: 'Tuned with the decoder' },
    label: 'Encoder under the decoder',
    short: 'menc',
    help: 'Frozen, the decoder alone is trained and shows what the levels hold. Tuned, all weights are trained, which takes several times as long.',
    source: 'GLoRIA and MGCA, both in use',
  },
  maskRate: number({
    ...row,
    default: 3e-3,
    min: 1e-6,
    max: 1,
    scale: 'log',
    label: 'Decoder rate',
    short: 'mlr',
    help: 'AdamW rate of the decoder, and of the encoder where it is tuned; it does not change on the way.',
    source: 'ours',
  }),
  maskEpochs: number({
    ...row,
    default: 30,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'log',
    unit: 'epochs',
    label: 'Decoder epochs',
    short: 'mep',
    help: 'At most this many passes over the films with a mask and as many without; an epoch has at least eight steps.',
    source: 'ours',
  }),
  maskPatience: number({
    ...row,
    default: 10,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'linear',
    unit: 'epochs',
    label: 'Decoder patience',
    short: 'mpat',
    help: 'Stop after this many epochs without a lower loss on the validation films; the best of them counts. A decoder may draw nothing for some epochs before it learns to, longest on a random encoder.',
    source: 'ours',
  }),
  maskBatch: number({
    ...row,
    default: 16,
    min: 2,
    max: 256,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Decoder batch size',
    short: 'mb',
    help: 'Films per step. The decoder holds maps as large as the film, so it needs more memory than pretraining does.',
    source: 'ours',
  }),
} as const satisfies Record<string, Field>;

/** Label draws are 50 at most, random encoders 20. */
const MOST_DRAWS = 1000;
const MOST_RUNS = 40_000;
const MOST_EXAMPLES = 100;

const COMPARED = object({ pretrained: INTERVAL, random: INTERVAL, gain: INTERVAL });
const MEANS = object({
  dice: numberOrNull,
  dicePositive: numberOrNull,
  iou: numberOrNull,
  empty: numberOrNull,
});

export const PLACES = { best: 'Best', median: 'Median', worst: 'Worst' } as const;
const PLACE_NAMES = ['best', 'median', 'worst'] as const;

/** Row-major pairs of gap and length of what is inside. */
const RUNS = list(count, MOST_RUNS);

const EXAMPLE = object({
  /** Place in the set. */
  film: count,
  place: choice(PLACE_NAMES),
  dice: measured,
  iou: measured,
  truth: RUNS,
  drawn: RUNS,
});
export type MaskExample = InferOutput<typeof EXAMPLE>;

const PART = object({ withMask: count, without: count });

const SEGMENTATION_REPORT = object({
  /** Share of the training patients whose masks were used. */
  share: measured,
  draws: count,
  seed: count,
  /** Optimiser steps behind the pretrained encoder. */
  step: count,
  /** Findings whose masks, together, are learnt. */
  targets: list(text(), 500),
  encoder: choice(['frozen', 'tuned']),
  /** Of the masks, px. */
  side: count,
  films: object({ train: PART, val: PART, test: PART }),
  /** Mean number of labelled training films over the draws. */
  labelledFilms: measured,
  /** Films of which it is not known where the findings lie, and films whose masks could not be read. */
  leftOut: object({ unknown: count, unreadable: count }),
  /** Means over test films of the first decoder's kind, with intervals over patients; the gain is paired. */
  scores: object({ dice: COMPARED, dicePositive: COMPARED, iou: COMPARED, empty: COMPARED }),
  /** Share of the test films that have no mask. */
  emptyFilms: INTERVAL,
  /** Of each random encoder; `scores` hold their mean. */
  randomEncoders: list(MEANS, 100),
  /** The epoch whose masks were scored, counted from 1: per draw, and of random encoders one after the other. */
  bestEpochs: object({ pretrained: list(measured, MOST_DRAWS), random: list(measured, MOST_DRAWS) }),
  /** Test films with a mask where the decoder on the pretrained encoder does best, middling and worst. */
  examples: list(EXAMPLE, MOST_EXAMPLES),
  /** Of the set whose films these are. */
  fingerprint: text(),
  /** Where the encoder was pretrained on other films than these. */
  sets: optional(SETS),
  seconds: measured,
  /** Switches of the protocol that were on, in words. */
  protocol: list(text(), 100),
});
export type SegmentationReport = InferOutput<typeof SEGMENTATION_REPORT>;

/** The scores in words, in the order in which they are told; what each counts is said in overlap.ts. */
export const MASK_SCORE_LABELS = {
  dicePositive: 'Dice of films with a mask',
  dice: 'Dice, empty films as 1',
  iou: 'IoU, empty films as 1',
  empty: 'Films drawn empty',
} as const satisfies Record<keyof SegmentationReport['scores'], string>;
/** What each is the mean of. */
export const MASK_SCORE_MEANINGS: Readonly<Record<MaskScoreName, string>> = {
  dicePositive: 'Over the test films that have a mask.',
  dice: 'Over all test films; one without a mask counts 1 where nothing is drawn on it and 0 otherwise.',
  iou: 'Intersection over union, over all test films, those without a mask as for Dice.',
  empty: 'Share of all test films on which nothing is drawn; below stands the share that has no mask.',
};
export type MaskScoreName = keyof typeof MASK_SCORE_LABELS;
export const MASK_SCORE_ORDER = Object.keys(MASK_SCORE_LABELS) as MaskScoreName[];

/** Differences below this are none: they vanish at two decimals. */
const NO_DIFFERENCE = 0.005;

/** "from 0.21 to 0.43: a gain of ...", of Dice of films with a mask alone. */
function verdict({ scores, share, randomEncoders, encoder, films, sets }: SegmentationReport): string {
  const { pretrained, random, gain } = scores.dicePositive;
  if (pretrained.value === null || random.value === null || gain.value === null) {
    return 'No test film has a mask, so nothing can be said about pretraining.';
  }
  if (Math.max(pretrained.value, random.value) < NO_DIFFERENCE) {
    return 'No decoder has learnt yet to draw on films with a mask, so nothing can be said about pretraining: raise Decoder epochs or Decoder rate.';
  }
  const labels = share < 1 ? ` with the masks of ${percent(share)} of the patients` : '';
  const start = encoder === 'frozen' ? 'frozen encoder' : 'start';
  const several =
    randomEncoders.length > 1 ? ` of ${randomEncoders.length} random ${start}s` : ` of a random ${start}`;
  const [before, after] = [scoreText(random.value, 2), scoreText(pretrained.value, 2)];
  const claim =
    Math.abs(gain.value) < NO_DIFFERENCE
      ? `Pretraining leaves the Dice of films with a mask where it was, at ${after}${labels}`
      : `Pretraining ${gain.value > 0 ? 'lifts' : 'lowers'} the Dice of films with a mask from ${before}${several} to ${after}${labels}`;
  const { low, high } = gain;
  if (low === null || high === null) return `${claim}, on too few films for an interval.`;
  const interval = `95 % interval ${gainText(low, 2)} to ${gainText(high, 2)}`;
  const sure = low > 0 || high < 0;
  const told = `a gain of ${gainText(gain.value, 2)}, ${sure ? interval : `but its ${interval} holds none, so this may be chance`}`;
  const { pretrained: blank, random: others } = scores.empty;
  const { withMask, without } = films.test;
  // Who draws on every film finds more, and is wrong on the healthy ones.
  const shares =
    without > 0 && blank.value !== null && others.value !== null
      ? ` ${percent(round(without / (without + withMask)))} of the test films have no mask; the decoder leaves ${percent(round(blank.value))} empty, on random ${start}s ${percent(round(others.value))}.`
      : '';
  const seen = sets && sets.shared !== 0 ? ` ${sharedInWords(sets)}` : '';
  return `${claim}: ${told}.${shares}${seen}`;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

const values = ({ pretrained, random }: { pretrained: Interval; random: Interval }) => ({
  pretrained: pretrained.value,
  random: random.value,
});

export const SEGMENTATION = {
  label: 'Segmentation',
  short: 'masks',
  answers:
    'How well a decoder on the encoder’s five levels draws where findings lie, beside the same on encoders that were never pretrained.',
  fromMasks: true,
  batch: 'maskBatch',
  rows: SEGMENTATION_ROWS,
  read: (raw: unknown, place: string): SegmentationReport => read(SEGMENTATION_REPORT, raw, place),
  headline({ share, step, scores }) {
    const { dice, dicePositive } = scores;
    const [own, all] = [dicePositive, dice].map(({ pretrained }) => scoreText(pretrained.value));
    const [random, randomAll] = [dicePositive, dice].map((score) => scoreText(score.random.value));
    return {
      score: own!,
      condition: percent(share),
      step,
      sentence: `${percent(share)} of the labels, step ${step.toLocaleString('en')}: Dice ${own} of films with a mask (random ${random}), ${all} with empty films as 1 (random ${randomAll})`,
    };
  },
  verdict,
  table: ({ share, step, scores, emptyFilms }) => ({
    fields: ['score', 'share', 'step', 'encoder', 'value', 'low', 'high'],
    rows: [
      ...MASK_SCORE_ORDER.flatMap((score) =>
        (['pretrained', 'random', 'gain'] as const).map((of) => {
          const { value, low, high } = scores[score][of];
          return [score, share, step, of, value, low, high];
        }),
      ),
      ['emptyFilms', share, step, 'truth', emptyFilms.value, emptyFilms.low, emptyFilms.high],
    ],
  }),
  print(report) {
    const { scores, emptyFilms, films, targets, encoder, protocol, bestEpochs, leftOut, randomEncoders } =
      report;
    const told = (interval: Interval) => `${scoreText(interval.value)} (${intervalText(interval)})`;
    const lines = MASK_SCORE_ORDER.map((score) => {
      const { pretrained, random, gain } = scores[score];
      const difference = `${gainText(gain.value)} (${gainText(gain.low)} to ${gainText(gain.high)})`;
      return `${MASK_SCORE_LABELS[score]}: pretrained ${told(pretrained)}, random ${told(random)}, gain ${difference}`;
    });
    const parts = Object.entries(films).map(
      ([part, { withMask, without }]) => `${part} ${withMask} with a mask and ${without} without`,
    );
    return [
      `masks of ${targets.join(', ')}, ${encoder} encoder; films: ${parts.join(', ')}`,
      ...lines,
      `test films without a mask: ${told(emptyFilms)}`,
      ...randomEncoders.map(
        (means, at) =>
          `random encoder ${at + 1}: ${MASK_SCORE_ORDER.map((score) => `${score} ${scoreText(means[score])}`).join(', ')}`,
      ),
      `best epochs: pretrained ${bestEpochs.pretrained.join(', ')}; random ${bestEpochs.random.join(', ')}`,
      `left out: ${leftOut.unknown} films of which it is not known where the findings lie, ${leftOut.unreadable} whose masks could not be read`,
      ...protocol.map((sentence) => `- ${sentence}`),
    ].join('\n');
  },
  result({ share, scores, emptyFilms }) {
    const found: Record<string, ResultValue> = { share };
    for (const score of MASK_SCORE_ORDER) found[score] = values(scores[score]);
    return { ...found, emptyFilms: emptyFilms.value };
  },
} as const satisfies TaskRecord<SegmentationReport>;
