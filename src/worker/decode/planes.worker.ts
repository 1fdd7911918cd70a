// Reads planes out of the cache's packs for the engine, so that neither the training loop nor anything else waits for the
// disk. Owned by packedPlanes.ts; several may read the same packs.

import '../../guard/workerScope.ts';
import { openOpfsDisk } from '../../cache/disk.ts';
import { PackReader, type Range, type ReadRanges } from '../../cache/packs.ts';
import { expose, transfer } from '../rpc.ts';

let reader: Promise<PackReader> | null = null;

const api = {
  async read(ranges: readonly Range[]): Promise<ReadRanges> {
    reader ??= openOpfsDisk().then((disk) => new PackReader(disk));
    const read = await (await reader).read(ranges);
    return transfer(read, [read.bytes.buffer]);
  },
};

export type PlanesApi = typeof api;

expose(api);
