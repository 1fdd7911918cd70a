// A run as a folder that goes on in PyTorch: the Python files beside this one, the checkpoint, the settings as JSON, and, where
// they were asked for, the table of parts and the step to compare with. Pure: whoever calls it brings the files and saves them.

import { AppError } from '../util/errors.ts';
import { readSafetensors } from '../util/safetensors.ts';

/** Methods whose network and loss model.py and losses.py have. */
export const IN_PYTORCH: readonly string[] = ['mlvicx', 'vicreg', 'barlow', 'simclr', 'byol'];

export interface BundleParts {
  /** Text of every file of ./python by its name. */
  readonly python: Readonly<Record<string, string>>;
  /** What the metadata of a checkpoint say; of the run at step 0 where there is no checkpoint. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly checkpoint?: Uint8Array | undefined;
  /** See filmsCsv.ts. */
  readonly films?: string | undefined;
  /** See train/stepFile.ts. */
  readonly step?: Uint8Array | undefined;
}

/** The files by name. @throws AppError bundle-unavailable */
export function bundleFiles({
  python,
  metadata,
  checkpoint,
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
  if (films !== undefined) files.set('films.csv', text(films));
  if (step) files.set('step.safetensors', step);
  return files;
}

/** The metadata of a checkpoint. @throws AppError checkpoint-invalid */
export const metadataOf = (checkpoint: Uint8Array): Record<string, string> =>
  readSafetensors(checkpoint).metadata;
