// Gives the page its films: a folder through the directory input, or the synthetic set.

import path from 'node:path';
import type { RunnerSummary } from '../../src/headless.ts';
import { SPLITS } from '../../src/protocol/dataset.ts';
import { SPLIT_SEED, SYNTHETIC_SET } from '../../src/protocol/intake.ts';
import type { DataArguments } from './arguments.ts';
import type { Session } from './browser.ts';
import { giveFolder } from './giveFolder.ts';

/** @param planeSize longest side of a stored plane, px */
export async function loadFilms(
  session: Session,
  { folder, labels, where, limit, arrangement, cache }: DataArguments,
  planeSize: number,
): Promise<RunnerSummary> {
  if (folder === null) {
    return session.call('synthesise', { ...SYNTHETIC_SET, planeSize });
  }
  await giveFolder(session, folder);
  if (labels) await session.page.locator('#labels').setInputFiles(labels);
  const name = path.basename(folder);
  const options = {
    name,
    planeSize,
    seed: SPLIT_SEED,
    limit,
    ...arrangement,
    ...(cache === null ? {} : { cache }),
  };
  return session.call('readFolder', where ? { ...options, where } : options);
}

/** One line for the terminal. */
export function describeFilms({ films, patients, findings, skipped, seconds }: RunnerSummary): string {
  const sum = (of: Record<string, number>) => SPLITS.reduce((total, split) => total + (of[split] ?? 0), 0);
  const splits = SPLITS.map((split) => `${films[split]} ${split}`).join(', ');
  const left = skipped.length > 0 ? `, ${skipped.length} files left out` : '';
  const named = findings.length > 0 ? `${findings.length} findings` : 'no labels';
  return `${sum(films)} films (${splits}) of ${sum(patients)} patients, ${named}${left}; ${seconds.toFixed(1)} s`;
}
