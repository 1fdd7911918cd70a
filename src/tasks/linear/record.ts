// The linear evaluation as its record: a linear layer on the frozen encoder's features, beside a random encoder of the same
// shape and raw pixels. How it is computed is in evaluate.ts; how its scores are told, in ../compared/record.ts.

import { read } from '../../util/schema.ts';
import { SCORED } from '../compared/record.ts';
import type { TaskRecord } from '../record.ts';
import { LINEAR_REPORT, type LinearReport } from './report.ts';
import { LINEAR_ROWS } from './rows.ts';

export const LINEAR = {
  ...SCORED,
  label: 'Linear evaluation',
  short: 'linear',
  answers:
    'How well a single linear layer on the frozen encoder tells findings apart, on films of patients that it has never seen.',
  rows: LINEAR_ROWS,
  read: (raw: unknown, place: string): LinearReport => read(LINEAR_REPORT, raw, place),
} satisfies TaskRecord<LinearReport>;
