// What a linear evaluation answers: what every evaluation does that scores findings by AUROC, and nothing else.

import { object } from '../../util/schema.ts';
import { SCORED_FIELDS, type ScoredReport } from '../compared/report.ts';

export const LINEAR_REPORT = object(SCORED_FIELDS);
export type LinearReport = ScoredReport;
