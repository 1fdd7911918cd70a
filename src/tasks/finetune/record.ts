// Fine-tuning as its record: every weight goes on learning from the labels, from the pretrained start and from the random one.
// How it is computed is in evaluate.ts and tuner.ts; how its scores are told, in ../compared/record.ts.

import { read } from '../../util/schema.ts';
import { SCORED } from '../compared/record.ts';
import type { TaskRecord } from '../record.ts';
import { FINETUNE_REPORT, type FinetuneReport } from './report.ts';
import { FINETUNE_ROWS } from './rows.ts';

const bestOf = (epochs: readonly number[]) => epochs.join(', ');

export const FINETUNE = {
  ...SCORED,
  label: 'Fine-tuning',
  short: 'tuned',
  answers:
    'How far labels carry the whole network from the pretrained start, beside the same from a random start: what pretraining is for in practice.',
  rows: FINETUNE_ROWS,
  read: (raw: unknown, place: string): FinetuneReport => read(FINETUNE_REPORT, raw, place),
  print: (report: FinetuneReport) =>
    `${SCORED.print(report)}\nbest epochs: pretrained ${bestOf(report.bestEpochs.pretrained)}; random ${bestOf(report.bestEpochs.random)}`,
} satisfies TaskRecord<FinetuneReport>;
