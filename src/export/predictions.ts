// What an evaluation said of every test film, as a table for data frames: a line for each film and finding. Films are numbered in the order
// of their paths, as in the table of features; their names go in only where they are asked for.

import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../protocol/dataset.ts';
import type { Predictions } from '../protocol/looks.ts';
import { ENCODER_NAMES } from '../tasks/compared/record.ts';

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const labelWord = (label: number) => (label === LABEL_NEGATIVE || label === LABEL_POSITIVE ? label : '');

/**
 * Scores are those that AUROC ranks by, at full precision: logits of linear layers and of fine-tuned networks, shares of a vote;
 * means over label draws and over the random encoders.
 * @param paths of all films of the set, for a column of names; null for none
 */
export function predictionsCsv(
  { findings, films, labels, scores }: Predictions,
  paths: readonly string[] | null,
): string {
  const head = ['film', ...(paths ? ['name'] : []), 'finding', 'label', ...ENCODER_NAMES];
  const lines = Array.from(labels, (label, at) => {
    const film = films[Math.floor(at / findings.length)]!;
    return [
      film,
      ...(paths ? [quoted(paths[film]!)] : []),
      quoted(findings[at % findings.length]!),
      labelWord(label),
      ...ENCODER_NAMES.map((name) => scores[name][at]!),
    ];
  });
  return `${[head, ...lines].map((line) => line.join(',')).join('\n')}\n`;
}
