// One whole step of the published configuration at its own batch size, recorded on a real device as a card takes it,
// while the device computes nothing: every buffer, bind group and dispatch is made and validated. Two hours of
// computation on this adapter become seconds, and what only size can break is found. Texts of programs are validated, too, but
// not compiled: what runs in their place has their bindings and does nothing.
import { afterEach, expect, test } from 'vitest';
import type { Field } from '../../config/fields.ts';
import { presetConfig } from '../../config/presets.ts';
import { type Config, SCHEMA } from '../../config/schema.ts';
import { WANTED_LIMITS } from '../../gpu/device.ts';
import { countBuffers } from '../../gpu/testBuffers.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { hardwareForms, withForms } from '../../gpu/testForms.ts';
import { withIdlePrograms } from '../../gpu/testIdle.ts';
import { DEFAULT_LIMITS } from '../../gpu/testLimits.ts';
import { planBudget } from '../../plan/budget.ts';
import type { AdapterLimits } from '../../protocol/device.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { squareFilms } from '../../train/testRun.ts';
import { Rng } from '../../util/rng.ts';

/** Methods are the values of one setting, where there is more than one method. */
function published(): Config[] {
  const paper = presetConfig('paper');
  const row: Field | undefined = (SCHEMA as Readonly<Record<string, Field>>).method;
  if (row?.kind !== 'choice') return [paper];
  return Object.keys(row.choices).map((method) => ({ ...paper, method }) as Config);
}

interface Dispatch {
  readonly name: string;
  readonly groups: readonly number[];
}

/** Names of programs whose texts have been validated. */
const validated = new Set<string>();

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test.each(published().map((config) => [(config as { method?: string }).method ?? 'paper', config] as const))(
  '%s at batch 64: groups, bindings and memory of a step',
  async (name, config) => {
    expect(config.batchSize).toBe(64);
    const { runtime, device } = await testDevice();
    const pass = GPUComputePassEncoder.prototype;
    const { dispatchWorkgroups } = pass;
    const dispatches: Dispatch[] = [];
    pass.dispatchWorkgroups = () => undefined;
    const buffers = countBuffers(device);
    const { normal } = Rng.prototype;
    // Drawing the weights would take as long as all the rest.
    Rng.prototype.normal = () => 0;
    const step = async () => {
      const { dispatch } = runtime;
      runtime.dispatch = (program, tensors, params, groups, ...work) => {
        dispatches.push({ name: program.name, groups: groups.map((count) => count ?? 1) });
        if (!validated.has(program.name)) device.createShaderModule({ code: program.code });
        validated.add(program.name);
        dispatch.call(runtime, program, tensors, params, groups, ...work);
      };
      const run = new Pretrainer(config, squareFilms(config), runtime);
      await run.compile(() => undefined);
      dispatches.length = 0;
      runtime.counts.mostWork = 0;
      // Nothing was computed, and that is noticed.
      await expect(run.submitStep()).rejects.toThrow(/zero/);
      run.dispose();
    };
    try {
      await withForms(hardwareForms(), () => withIdlePrograms(runtime, step));
    } finally {
      pass.dispatchWorkgroups = dispatchWorkgroups;
      Rng.prototype.normal = normal;
      buffers.stop();
      runtime.trim();
    }
    const most = DEFAULT_LIMITS.maxComputeWorkgroupsPerDimension!;
    expect(dispatches.filter(({ groups }) => groups.some((count) => count > most || count < 1))).toEqual([]);
    expect(dispatches.length).toBeGreaterThan(200);
    // A grid folded over y has rows, so that the fold is tried at all.
    expect(dispatches.some(({ groups }) => groups[1]! > 1)).toBe(true);
    // On a card with a tenth of 400 GFLOP/s no dispatch takes longer than half a second; systems give up after two.
    expect(runtime.counts.mostWork).toBeGreaterThan(1e9);
    expect(runtime.counts.mostWork / (400e9 / 2 / 10)).toBeLessThanOrEqual(0.5);
    // A device's own limits are no plain object, which the plan of a page gets.
    const limits = Object.fromEntries(WANTED_LIMITS.map((limit) => [limit, device.limits[limit]]));
    const predicted = planBudget(config, {
      software: false,
      features: [...device.features],
      limits: limits as unknown as AdapterLimits,
    }).totalBytes;
    const { peak } = buffers.counts;
    const mebi = (bytes: number) => Math.round(bytes / 2 ** 20);
    const largest = Math.max(...dispatches.map(({ groups }) => groups.reduce((a, b) => a * b, 1)));
    process.stdout.write(
      `${name}: ${dispatches.length} dispatches, at most ${largest} groups and ${(runtime.counts.mostWork / 1e9).toFixed(1)} G multiply-adds, peak ${mebi(peak)} MiB, predicted ${mebi(predicted)}\n`,
    );
    expect(Math.abs(predicted / peak - 1)).toBeLessThan(0.15);
  },
  300_000,
);
