// The vote of nearest neighbours as its record, with its settings and what its report adds. Nothing is trained, so it is the
// quickest answer there is and the first that is offered. How it is computed is in evaluate.ts and vote.ts; how its scores are
// told, in ../compared/record.ts.

import { type Field, number } from '../../config/fields.ts';
import { count, type InferOutput, number as measured, object, read } from '../../util/schema.ts';
import { SCORED, SCORED_FIELDS } from '../compared/record.ts';
import { FEATURE_ROWS, LABEL_ROWS, type TaskRecord } from '../record.ts';

const NEIGHBOUR_ROWS = {
  ...LABEL_ROWS,
  ...FEATURE_ROWS,
  neighbourCount: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 20,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Neighbours',
    short: 'k',
    help: 'How many of the nearest labelled training films vote on a test film; all of them where there are fewer. More give a smoother score, and lose findings that few films have.',
    source: 'DINO (arXiv 2104.14294), 20',
  }),
  neighbourTemperature: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 0.07,
    min: 0.001,
    max: 10,
    scale: 'log',
    label: 'Temperature of the vote',
    short: 'kT',
    help: 'A neighbour counts exp(cosine / temperature). The smaller it is, the more the very nearest decide; a large one lets all neighbours count alike.',
    source: 'DINO (arXiv 2104.14294), 0.07',
  }),
} as const satisfies Record<string, Field>;

const NEIGHBOURS_REPORT = object({
  ...SCORED_FIELDS,
  /** Neighbours that were asked for; fewer voted where fewer films were labelled. */
  neighbours: count,
  temperature: measured,
});
export type NeighboursReport = InferOutput<typeof NEIGHBOURS_REPORT>;

export const NEIGHBOURS = {
  ...SCORED,
  label: 'Nearest neighbours',
  short: 'neighbours',
  answers:
    'Whether films that lie close together for the frozen encoder share their findings: labelled neighbours vote, and nothing is trained.',
  rows: NEIGHBOUR_ROWS,
  read: (raw: unknown, place: string): NeighboursReport => read(NEIGHBOURS_REPORT, raw, place),
  print: (report: NeighboursReport) =>
    `${SCORED.print(report)}\n${report.neighbours} neighbours, temperature ${report.temperature}`,
  result: (report: NeighboursReport) => ({
    ...SCORED.result(report),
    neighbours: report.neighbours,
    temperature: report.temperature,
  }),
} satisfies TaskRecord<NeighboursReport>;
