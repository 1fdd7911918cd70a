// The films of a study in numbers, from the summary of the set: what the report and its warnings need, without the names of
// films, patients or label files.

import type { DatasetSummary } from '../protocol/dataset.ts';
import type { StudyData } from './state.ts';

type Summary = Omit<DatasetSummary, 'filmTable'>;

/** The rule of the split without the names of label files, the longest first: one may end as another does. */
export function ruleWithoutFiles({ splitRule, scan, labels }: Summary): string {
  const names = (scan?.tables ?? []).flatMap(({ path: full }) => [full, full.split('/').at(-1)!]);
  names.push(...(labels?.file ? labels.file.split(', ') : []));
  return names
    .sort((a, b) => b.length - a.length)
    .reduce((rule, name) => rule.replaceAll(name, 'the label file'), splitRule);
}

export const studyData = (summary: Summary): StudyData => ({
  fingerprint: summary.fingerprint,
  synthetic: summary.synthetic,
  films: summary.films,
  patients: summary.patients,
  splitRule: ruleWithoutFiles(summary),
  conflictingRows: summary.labels?.conflictingRows ?? 0,
  duplicatesAcross: summary.quality?.duplicatesAcross ?? 0,
});
