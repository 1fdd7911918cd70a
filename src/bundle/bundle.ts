// A run as a folder that goes on in PyTorch: the Python files beside this one, the checkpoint, the settings as JSON, and, where
// they were asked for, the table of parts and the step to compare with. In that table a film is named by a hash of its path unless
// names are asked for: whoever has the films can match them, and nobody can read a name off it. (A name that can be guessed can be
// tried.) Pure: whoever calls it brings the files and saves them.

import { type DatasetSummary, LABEL_NEGATIVE, LABEL_POSITIVE, SPLITS } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { readSafetensors } from '../util/safetensors.ts';

/** Methods whose network and loss model.py and losses.py have. */
export const IN_PYTORCH: readonly string[] = [
  ...['mlvicx', 'vicreg', 'vicregl', 'barlow', 'simclr', 'byol', 'simsiam', 'moco', 'supervised'],
];

interface BundleParts {
  /** Text of every file of ./python by its name. */
  readonly python: Readonly<Record<string, string>>;
  /** What the metadata of a checkpoint say; of the run at step 0 where there is no checkpoint. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly checkpoint?: Uint8Array | undefined;
  /** See export/modelCard.ts. */
  readonly card?: string | undefined;
  /** See filmsCsv below. */
  readonly films?: string | undefined;
  /** See train/stepFile.ts. */
  readonly step?: Uint8Array | undefined;
}

/** The files by name. @throws AppError bundle-unavailable */
export function bundleFiles({
  python,
  metadata,
  checkpoint,
  card,
  films,
  step,
}: BundleParts): Map<string, Uint8Array> {
  const config: Record<string, unknown> = JSON.parse(metadata.config ?? '{}');
  if (!IN_PYTORCH.includes(String(config.method))) {
    throw new AppError(
      'bundle-unavailable',
      `the method ${config.method} is not among ${IN_PYTORCH.join(', ')}.`,
    );
  }
  const text = (words: string) => new TextEncoder().encode(words);
  const files = new Map<string, Uint8Array>(
    Object.entries(python).map(([name, words]) => [name, text(words)]),
  );
  files.set('run.json', text(`${JSON.stringify({ ...metadata, config }, null, 2)}\n`));
  if (checkpoint) files.set('checkpoint.safetensors', checkpoint);
  if (card !== undefined) files.set('MODEL_CARD.md', text(card));
  if (films !== undefined) files.set('films.csv', text(films));
  if (step) files.set('step.safetensors', step);
  return files;
}

/** The metadata of a checkpoint. @throws AppError checkpoint-invalid */
export const metadataOf = (checkpoint: Uint8Array): Record<string, string> =>
  readSafetensors(checkpoint).metadata;

const HEX_DIGITS = 32;

/** As films.py reads it: the first half of the SHA-256 of the path below the folder. */
async function hashed(path: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(path));
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `sha256:${hex.slice(0, HEX_DIGITS)}`;
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Unknown labels are empty. */
const labelWord = (label: number) => (label === LABEL_NEGATIVE || label === LABEL_POSITIVE ? label : '');

/** `film,part` and a column for each finding. */
export async function filmsCsv(
  { filmTable, findings }: Pick<DatasetSummary, 'filmTable' | 'findings'>,
  { names }: { readonly names: boolean },
): Promise<string> {
  const films = names ? [...filmTable.paths] : await Promise.all(filmTable.paths.map(hashed));
  const lines = films.map((film, i) => {
    const labels = filmTable.labels.subarray(i * findings.length, (i + 1) * findings.length);
    const part = SPLITS[filmTable.splits[i]!] ?? 'out';
    return [quoted(film), part, ...Array.from(labels, labelWord)].join(',');
  });
  return `${[['film', 'part', ...findings].map(quoted).join(','), ...lines].join('\n')}\n`;
}
