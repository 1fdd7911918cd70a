// Puts a folder into the runner's page. The browser's folder input passes symbolic links over, as it does in the app; here
// they are followed, and the files that they lead to go into an input of their own, under the paths of the links.

import { readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { PageSession } from './browser.ts';

export interface LinkedFiles {
  /** Below the folder, with forward slashes. */
  readonly paths: readonly string[];
  /** On the disk, in the same order. */
  readonly files: readonly string[];
  /** Links that lead nowhere, or back to a folder that they lie in. */
  readonly broken: readonly string[];
}

/** Every file that lies below `folder` only by way of symbolic links. */
export function linkedFiles(folder: string): LinkedFiles {
  const found = { paths: [] as string[], files: [] as string[], broken: [] as string[] };
  /** @param above real folders on the way here */
  const walk = (real: string, place: string, above: readonly string[], isLinked: boolean) => {
    for (const entry of readdirSync(real, { withFileTypes: true })) {
      const here = place ? `${place}/${entry.name}` : entry.name;
      const full = path.join(real, entry.name);
      if (entry.isSymbolicLink()) follow(full, here, above);
      else if (entry.isDirectory()) walk(full, here, [...above, realpathSync(full)], isLinked);
      else if (isLinked && entry.isFile()) take(here, full);
    }
  };
  const take = (place: string, file: string) => {
    found.paths.push(place);
    found.files.push(file);
  };
  const follow = (link: string, place: string, above: readonly string[]) => {
    try {
      const target = realpathSync(link);
      const kind = statSync(target);
      if (kind.isFile()) take(place, target);
      else if (kind.isDirectory() && !above.includes(target)) walk(target, place, [...above, target], true);
      else found.broken.push(place);
    } catch {
      found.broken.push(place);
    }
  };
  walk(folder, '', [realpathSync(folder)], false);
  return found;
}

export async function giveFolder({ page, call }: PageSession, folder: string): Promise<void> {
  const real = realpathSync(folder);
  await page.locator('#folder').setInputFiles(real);
  const { paths, files, broken } = linkedFiles(real);
  if (broken.length > 0) {
    console.error(
      `${broken.length} link(s) lead nowhere: ${broken.slice(0, 3).join(', ')}${broken.length > 3 ? ', …' : ''}`,
    );
  }
  if (files.length === 0) return;
  // Several links may lead to one file, which the input takes once.
  const pathsOf = new Map<string, string[]>();
  files.forEach((file, i) => {
    pathsOf.set(file, [...(pathsOf.get(file) ?? []), paths[i]!]);
  });
  await page.locator('#linked').setInputFiles([...pathsOf.keys()]);
  await call('nameLinked', [...pathsOf.values()]);
}
