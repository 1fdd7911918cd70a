// The linear evaluation as its record: a linear layer on the frozen encoder's features, beside a random encoder of the same
// shape and raw pixels; its settings, and what its report holds, which is what every evaluation by AUROC has. How it is computed
// is in evaluate.ts; how its scores are told, in ../compared/record.ts.

import { type Field, number } from '../../config/fields.ts';
import {
  count,
  type InferOutput,
  list,
  number as measured,
  object,
  optional,
  read,
  text,
} from '../../util/schema.ts';
import { SCORED, SCORED_FIELDS, type ScoredReport } from '../compared/record.ts';
import { FEATURE_ROWS, LABEL_ROWS, type TaskRecord } from '../record.ts';

const LINEAR_ROWS = {
  ...LABEL_ROWS,
  ...FEATURE_ROWS,
  probeRate: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 0.003,
    min: 1e-6,
    max: 1,
    scale: 'log',
    label: 'Probe learning rate',
    short: 'plr',
    help: 'AdamW rate of the linear layer; cosine with warm restarts after 10, 30, 70 … epochs.',
    source: 'published code',
  }),
  probeEpochs: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 300,
    min: 1,
    max: 5000,
    integer: true,
    scale: 'log',
    unit: 'epochs',
    label: 'Probe epochs',
    short: 'pep',
    help: 'At most this many passes over the labelled films.',
    source: 'published code',
  }),
  probePatience: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 10,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'linear',
    unit: 'epochs',
    label: 'Patience',
    short: 'pat',
    help: 'Stop after this many epochs without a better mean AUROC on the validation films.',
    source: 'published code',
  }),
  probeBatch: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 128,
    min: 2,
    max: 4096,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Probe batch size',
    short: 'pb',
    help: 'Films per step of the linear layer.',
    source: 'published code',
  }),
  probeFlip: {
    kind: 'toggle',
    group: 'evaluation',
    when: 'evaluation',
    default: true,
    label: 'Flip training films',
    short: 'pflip',
    help: "Adds mirrored films to the probe's training features, as published.",
    source: 'published code',
  },
  probeStandardise: {
    kind: 'toggle',
    group: 'evaluation',
    when: 'evaluation',
    default: true,
    label: 'Standardise features',
    short: 'pstd',
    help: 'Brings every feature to mean 0 and deviation 1 over the training films. Without it, as published, features of a random encoder are about a thousandth in size, the layer cannot learn from them, and the comparison flatters pretraining.',
    source: 'ours',
  },
} as const satisfies Record<string, Field>;

const POINTS = object({
  /** Share of the films on which the class map is largest inside what is drawn. */
  peak: measured,
  /** Mean share of the map that lies inside. */
  energy: measured,
});

const POINTED = object({
  finding: text(),
  /** Test films with the finding on which it is drawn, of at most 32 that were looked at. */
  films: count,
  /** Share of them in whose middle it lies. */
  centre: measured,
  /** Mean share of the film. */
  area: measured,
  pretrained: POINTS,
  /** By the first random encoder. */
  random: POINTS,
});
export type PointedFinding = InferOutput<typeof POINTED>;

const LINEAR_REPORT = object({
  ...SCORED_FIELDS,
  /** Where findings are drawn on test films. */
  pointing: optional(list(POINTED, 500)),
});
export type LinearReport = ScoredReport & { readonly pointing?: readonly PointedFinding[] | undefined };

const inPercent = (value: number) => `${Math.round(100 * value)} %`;

/** How often the class maps of a finding point at what is drawn, as a sentence. */
export function pointedInWords({ finding, films, centre, area, pretrained, random }: PointedFinding): string {
  const hits = `${inPercent(pretrained.peak)} (random encoder ${inPercent(random.peak)}, middle of the film ${inPercent(centre)})`;
  const inside = `${inPercent(pretrained.energy)} of the map inside (random ${inPercent(random.energy)}, the film ${inPercent(area)})`;
  return `${finding}, ${films} test film${films === 1 ? '' : 's'} where it is drawn: largest inside on ${hits}; ${inside}.`;
}

export const LINEAR = {
  ...SCORED,
  label: 'Linear evaluation',
  short: 'linear',
  answers:
    'How well a single linear layer on the frozen encoder tells findings apart, on films of patients that it has never seen.',
  rows: LINEAR_ROWS,
  read: (raw: unknown, place: string): LinearReport => read(LINEAR_REPORT, raw, place),
  print: (report: LinearReport) =>
    [SCORED.print(report), ...(report.pointing ?? []).map(pointedInWords)].join('\n'),
} satisfies TaskRecord<LinearReport>;
