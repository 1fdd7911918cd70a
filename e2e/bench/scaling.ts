// How the time of our step grows with batch, width and image size: every configuration is prepared once on one device, and
// they take turns. Runs in the benchmark's worker.

import { type Config, parseConfig } from '../../src/config/schema.ts';
import { median } from './median.ts';
import { openOurDevice, prepareSteps } from './ours.ts';
import { CONFIG } from './problem.ts';

type Axis = 'batchSize' | 'width' | 'imageSize';

export interface ScalingRow {
  readonly axis: Axis;
  readonly value: number;
  readonly ms: number;
  /** Against the row before on the same axis; null for the first. */
  readonly growth: number | null;
}

/** Doublings along each axis through the benchmark's own configuration. */
const AXES: Readonly<Record<Axis, readonly number[]>> = {
  batchSize: [8, 16, 32, 64],
  width: [8, 16, 32],
  imageSize: [32, 64, 128],
};
const WARM_UP = 2;

const keyOf = ({ batchSize, width, imageSize }: Config) => `${batchSize} ${width} ${imageSize}`;

export async function measureScaling(repeats: number): Promise<{ adapter: string; rows: ScalingRow[] }> {
  const device = await openOurDevice();
  const wanted = (Object.keys(AXES) as Axis[]).flatMap((axis) =>
    AXES[axis].map((value) => ({ axis, value, config: parseConfig({ [axis]: value }, CONFIG) })),
  );
  const configs = new Map(wanted.map(({ config }) => [keyOf(config), config]));
  const times = new Map<string, number[]>();
  const steps = new Map<string, Awaited<ReturnType<typeof prepareSteps>>>();
  for (const [key, config] of configs) {
    steps.set(key, await prepareSteps(device, config));
    times.set(key, []);
  }
  for (let round = 0; round < WARM_UP + repeats; round++) {
    for (const [key, { take }] of steps) {
      const begin = performance.now();
      await take(1);
      if (round >= WARM_UP) times.get(key)!.push(performance.now() - begin);
    }
  }
  const rows = wanted.map(({ axis, value, config }) => ({
    axis,
    value,
    ms: median(times.get(keyOf(config))!),
  }));
  return {
    adapter: device.adapter,
    rows: rows.map((row, i) => {
      const before = rows[i - 1];
      return { ...row, growth: before?.axis === row.axis ? row.ms / before.ms : null };
    }),
  };
}
