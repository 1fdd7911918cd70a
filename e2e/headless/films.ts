// Gives the page its films: a folder through the directory input, or a synthetic set.

import path from 'node:path';
import type { Config } from '../../src/config/schema.ts';
import type { RunnerSummary } from '../../src/headless.ts';
import { SPLITS } from '../../src/protocol/dataset.ts';
import { SPLIT_SEED, syntheticOptions } from '../../src/protocol/intake.ts';
import { AppError } from '../../src/util/errors.ts';
import type { DataArguments } from './arguments.ts';
import type { EngineSession } from './session.ts';

/** @param config of the run: how large planes are stored, and which synthetic set is meant where the call names none */
export async function loadFilms(
  session: EngineSession,
  { folder, labels, where, limit, arrangement, cache }: DataArguments,
  config: Config,
): Promise<RunnerSummary> {
  if (folder === null) {
    return session.call('synthesise', syntheticOptions(config));
  }
  await session.giveFolder(folder);
  if (labels.length > 0) await session.give('labels', labels);
  const name = path.basename(folder);
  const options = {
    name,
    planeSize: config.planeSize,
    seed: SPLIT_SEED,
    limit,
    ...arrangement,
    ...(cache === null ? {} : { cache }),
  };
  const summary = await session.call('readFolder', where ? { ...options, where } : options);
  refuseUnknownParts(summary);
  return summary;
}

/** For the terminal: how many films of which parts, what is not known of parts, and what was not used of the labels. */
export function describeFilms(summary: RunnerSummary): string {
  const { films, patients, findings, skipped, seconds, splitRule, labels, unknownParts = [] } = summary;
  const sum = (of: Record<string, number>) => SPLITS.reduce((total, split) => total + (of[split] ?? 0), 0);
  const splits = SPLITS.map((split) => `${films[split]} ${split}`).join(', ');
  const left = skipped.length > 0 ? `, ${skipped.length} files left out` : '';
  const named = findings.length > 0 ? `${findings.length} findings` : 'no labels';
  const asked =
    unknownParts.length > 0 ? [`Say which part a word means with --part WORD=train|val|test|out.`] : [];
  return [
    `${sum(films)} films (${splits}) of ${sum(patients)} patients, ${named}${left}; ${seconds.toFixed(1)} s`,
    `Parts: ${splitRule}`,
    ...asked,
    ...(labels?.notes ?? []).map((note) => `Note: ${note}`),
  ]
    .map((line) => line.replace(/\p{Cc}/gu, '?'))
    .join('\n');
}

/** @throws AppError split-impossible when no film is for training because it is not known what words for parts mean */
function refuseUnknownParts({ films, unknownParts = [], splitRule }: RunnerSummary): void {
  if (films.train > 0 || unknownParts.length === 0) return;
  throw new AppError(
    'split-impossible',
    `${splitRule} On the command line: --part WORD=train|val|test|out, or --split drawn.`,
  );
}
