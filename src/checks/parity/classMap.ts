// Class map fixtures: the map of a linear layer over the encoder's last map, enlarged, and its peak.

import { classMap, enlarged, peakOf } from '../../tasks/linear/classMap.ts';
import type { Fixture } from './fixtures.ts';
import type { Rows } from './rows.ts';

interface ClassMapFixture {
  readonly config: { readonly H: number; readonly W: number; readonly C: number; readonly size: number };
  readonly values_f64: { readonly peak_row: number; readonly peak_col: number };
}

export async function checkClassMap(fixture: Fixture, rows: Rows): Promise<void> {
  const { config, values_f64 } = fixture.describe<ClassMapFixture>('config', 'values_f64');
  const { H, W, C, size } = config;
  const recorded = fixture.floats('map');
  // Recorded channel by channel, as PyTorch has them.
  const map = Float32Array.from(
    { length: H * W * C },
    (_, i) => recorded[(i % C) * H * W + Math.floor(i / C)]!,
  );
  const found = classMap(map, fixture.numbers('weights'));
  const large = enlarged(found, H, W, size);
  rows.compare('metric', 'cam', found, fixture.numbers('cam'));
  rows.compare('metric', 'upsampled', large, fixture.numbers('upsampled'));
  rows.agree('peak', peakOf(large) === values_f64.peak_row * size + values_f64.peak_col);
}
