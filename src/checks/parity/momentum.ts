// Momentum fixtures: weights after each step, and where the target network has come to that followed them: BYOL's schedule of
// momenta, and the kernel that moves the target.

import { defaultConfig } from '../../config/schema.ts';
import { tf } from '../../gpu/kernel.ts';
import { movingAverage } from '../../gpu/kernels/optimiser/optimiser.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { engineOf } from '../../methods/engines.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, upload } from './layouts.ts';
import type { Rows } from './rows.ts';

interface MomentumFixture {
  readonly config: { readonly base: number; readonly totalSteps: number };
}

export async function checkMomentum(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const { base, totalSteps } = fixture.describe<MomentumFixture>('config').config;
  const config = { ...defaultConfig(), method: 'byol', targetMomentum: base } as const;
  const [steps, size] = fixture.shape('online') as [number, number];
  const online = fixture.floats('online');
  const momenta = Array.from({ length: steps }, (_, step) =>
    engineOf(config).target!.momentum(config, step / totalSteps),
  );
  const target = upload(fixture.floats('target'), [size]);
  for (const [step, momentum] of momenta.entries()) {
    const inputs = {
      target,
      online: upload(online.slice(step * size, (step + 1) * size), [size]),
      share: upload(Float32Array.of(1 - momentum), [1]),
    };
    movingAverage(inputs, {});
    tf.dispose([inputs.online, inputs.share]);
  }
  const found = await takeAll(runtime, new Map([['result', target]]));
  rows.compare('coefficient', 'coefficients', momenta, fixture.numbers('coefficients'));
  rows.compare('movingAverage', 'result', found.get('result')!, fixture.numbers('result'));
}
