// What goes with a model that leaves: a card in Markdown that says what it was trained on (counts, never names), by which method and
// settings, on which adapter, how it scored and with which intervals, and what it must not be used for. Every export of a model
// carries it: as MODEL_CARD.md in a folder or beside a file, and in the metadata of safetensors and ONNX files.

import { CONFIG_KEYS, type Config, inForce, SCHEMA } from '../config/schema.ts';
import { METHODS } from '../methods/records.ts';
import type { DatasetSummary } from '../protocol/dataset.ts';
import type { DeviceFacts } from '../protocol/engine.ts';
import { type Evaluation, taskOf } from '../tasks/records.ts';
import { formatCount, formatCounted } from '../util/format.ts';

export interface CardFacts {
  readonly config: Config;
  /** Optimiser steps taken. */
  readonly step: number;
  /** What the weights were before the first, in words. */
  readonly start: string;
  /** The set that is loaded now; null where there is none. */
  readonly data:
    | (Pick<DatasetSummary, 'synthetic' | 'films' | 'patients' | 'counts'> & {
        /** Whether these are the films that the encoder was trained on. */
        readonly trainedOn: boolean;
      })
    | null;
  readonly adapter: Pick<DeviceFacts, 'vendor' | 'architecture' | 'description' | 'software'> | null;
  readonly evaluations: readonly Evaluation[];
}

/** The name of its file in a folder. */
export const CARD_FILE = 'MODEL_CARD.md';

const cell = (value: unknown) => String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (cells: readonly unknown[]) => `| ${cells.map(cell).join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

const share = (part: number, whole: number) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '–');

const PARTS = [
  ['train', 'training'],
  ['val', 'validation'],
  ['test', 'testing'],
] as const;

function trainedOn(data: CardFacts['data']): string {
  if (!data) return 'No set of films was at hand when this was written.';
  const { synthetic, films, patients, counts, trainedOn: own } = data;
  const split = PARTS.map(([part, words]) => {
    const people = synthetic ? '' : ` of ${formatCounted(patients[part], 'patient')}`;
    return `${formatCount(films[part])}${people} for ${words}`;
  }).join(', ');
  const kind = synthetic ? 'Films that the playground draws itself, of no patient' : 'Chest films';
  const seen = own
    ? 'The encoder was trained on the first of these.'
    : 'The encoder was trained on other films, or on another split of these.';
  const words = `${kind}: ${split}. ${seen}`;
  if (counts.length === 0) return `${words} They have no labels.`;
  const rows = counts.map(({ finding, positives, negatives }) => [
    finding,
    ...PARTS.map(([part]) => {
      const known = positives[part] + negatives[part];
      return `${formatCount(positives[part])} of ${formatCount(known)} (${share(positives[part], known)})`;
    }),
  ]);
  const head = ['films with the finding, of those whose label is known', ...PARTS.map(([, name]) => name)];
  return `${words}\n\n${table(head, rows)}`;
}

function settings(config: Config): string {
  const used = inForce(config);
  const rows = CONFIG_KEYS.filter((key) => key in used && SCHEMA[key].when !== 'evaluation').map((key) => [
    SCHEMA[key].label,
    `\`${key}\``,
    used[key],
  ]);
  return table(['setting', '', 'value'], rows);
}

const figure = (value: string | number | null) =>
  typeof value === 'number' ? (Number.isInteger(value) ? value : value.toFixed(4)) : (value ?? '–');

function scores(evaluations: readonly Evaluation[]): string {
  if (evaluations.length === 0) return 'This model was not evaluated.';
  return evaluations
    .map((evaluation) => {
      const { label, verdict, table: tableOf, headline } = taskOf(evaluation);
      const { fields, rows } = tableOf(evaluation.report);
      const { step, condition } = headline(evaluation.report);
      const said = `${label}, labels ${condition}, encoder at step ${formatCount(step)}. ${verdict(evaluation.report)}`;
      return `${said}\n\n${table(
        fields,
        rows.map((row) => row.map(figure)),
      )}`;
    })
    .join('\n\n');
}

function adapterWords(adapter: CardFacts['adapter']): string {
  if (!adapter) return 'not known';
  const { vendor, architecture, description, software } = adapter;
  return `${description || `${vendor} ${architecture}`}${software ? ' (software)' : ''}, WebGPU`;
}

const LIMITS = `- For research and teaching. **Not a medical device**: no output of it may take part in a decision about a patient.
- Scores hold for the films they were measured on; other hospitals, machines, projections and ages may differ, and were not tried.
- Intervals say how much another draw of test patients would change a score, and nothing about other populations.
- Labels are as good as where they come from; labels read out of reports by a program are wrong in some of the films.
- An encoder may tell films apart by marks, borders or the machine instead of what they show. Look where it looks before relying on it.
- Weights can remember films they were trained on. Hand them on only where the films might be handed on.`;

export function modelCard({ config, step, start, data, adapter, evaluations }: CardFacts): string {
  const { label, source, words } = METHODS[config.method];
  const counted = start === 'random' ? 'random weights' : start;
  return `# ${label} on chest films

A ResNet-18 encoder of width ${config.width} for grey chest films at ${config.imageSize} px, after ${formatCounted(step, 'step')} of training in the MLVICX playground.

## Trained on

${trainedOn(data)}

## Method

${label} (${source}). ${words}

Began with ${counted}; seed ${config.seed}; batches of ${config.batchSize} films; optimiser ${config.optimiser.toUpperCase()}. Adapter: ${adapterWords(adapter)}.

${settings(config)}

## Scores

${scores(evaluations)}

## Limits

${LIMITS}
`;
}
