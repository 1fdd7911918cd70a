// The vote of nearest neighbours as its record. Nothing is trained, so it is the quickest answer there is and the first that
// is offered. How it is computed is in evaluate.ts and vote.ts; how its scores are told, in ../compared/record.ts.

import { read } from '../../util/schema.ts';
import { SCORED } from '../compared/record.ts';
import type { TaskRecord } from '../record.ts';
import { NEIGHBOURS_REPORT, type NeighboursReport } from './report.ts';
import { NEIGHBOUR_ROWS } from './rows.ts';

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
