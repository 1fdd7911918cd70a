// What looks at a run have measured, as a file in the run's folder and in a file that carries the run. It adds to the curves and is
// no part of the run's state: where it is damaged, or of another version, the run is whole without it.

import { readSnapshots, type Snapshot, writeSnapshots } from '../diagnostics/snapshot.ts';
import type { Folder } from './folder.ts';

export const SNAPSHOT_FILE = 'diagnostics';

/** @throws whatever the storage throws */
export async function readKeptSnapshots(folder: Folder): Promise<readonly Snapshot[]> {
  const bytes = await folder.read(SNAPSHOT_FILE);
  if (!bytes) return [];
  try {
    return readSnapshots(bytes);
  } catch {
    return [];
  }
}

/** @throws whatever the storage throws */
export const writeKeptSnapshots = (folder: Folder, snapshots: readonly Snapshot[]): Promise<void> =>
  folder.write(SNAPSHOT_FILE, [writeSnapshots(snapshots)]);
