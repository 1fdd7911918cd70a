// Entry of the intake worker.

import { DecodePool } from './decodePool.ts';
import { Intake } from './intake.ts';
import { expose } from './rpc.ts';

expose(
  new Intake(
    (options) => new DecodePool(options),
    () => new DecodePool({ planeSize: 0, thumbnailSize: 0, workers: 1 }),
  ),
);
