// Entry of the intake worker. Files are taken only where the policy that keeps them here is in force in this worker too.

import { requireProtection } from '../../guard/workerScope.ts';
import { DecodePool } from '../decode/decodePool.ts';
import { expose } from '../rpc.ts';
import { ORIGIN_CACHE } from './cacheAccess.ts';
import { Intake } from './intake.ts';

class GuardedIntake extends Intake {
  override async readFiles(...given: Parameters<Intake['readFiles']>): ReturnType<Intake['readFiles']> {
    await requireProtection();
    return super.readFiles(...given);
  }

  override async scanLabels(...given: Parameters<Intake['scanLabels']>): ReturnType<Intake['scanLabels']> {
    await requireProtection();
    return super.scanLabels(...given);
  }
}

expose(
  new GuardedIntake(
    (options) => new DecodePool(options),
    (workers) => new DecodePool({ planeSize: 0, thumbnailSize: 0, ...(workers && { workers }) }),
    ORIGIN_CACHE,
  ),
);
