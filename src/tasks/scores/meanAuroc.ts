// The one number by which trainings on labels are stopped and penalties chosen: the mean AUROC of some films over findings.

import { auroc } from './auroc.ts';

/** Labels of a whole set, films x classes: 0, 1 or 255. */
export interface LabelColumns {
  readonly labels: Uint8Array;
  readonly classes: number;
}

/** Mean over the findings for which the AUROC of these films is defined; the caller makes sure there is one. */
export function meanAuroc(
  logits: Float64Array,
  { labels, classes }: LabelColumns,
  rows: Uint32Array,
): number {
  let sum = 0;
  let defined = 0;
  for (let k = 0; k < classes; k++) {
    const scores = Float64Array.from(rows, (_, i) => logits[i * classes + k]!);
    const value = auroc(
      scores,
      Uint8Array.from(rows, (row) => labels[row * classes + k]!),
    );
    if (value === null) continue;
    sum += value;
    defined++;
  }
  return sum / defined;
}
