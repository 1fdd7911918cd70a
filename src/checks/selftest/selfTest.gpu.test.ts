// The self-test passes on a sound adapter, leaves nothing behind and keeps the backend; and it names what is wrong
// where a kernel computes something else, makes no number, or is refused by the driver.
import { afterEach, describe, expect, test } from 'vitest';
import { defineKernel, KERNELS, tf } from '../../gpu/kernel.ts';
import { given } from '../../gpu/kernels/parts/case.ts';
import { KERNEL_TABLE } from '../../gpu/kernels/table.ts';
import { program } from '../../gpu/program.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { METHOD_NAMES } from '../../methods/records.ts';
import type { SelfTestRow } from '../../protocol/device.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { madeFilms, repeatable, tinyConfig } from '../../train/testRun.ts';
import { checkKernel } from './checkKernel.ts';
import { runSelfTest, verdict } from './index.ts';

// Other files of tests define kernels of their own.
const OUR_KERNELS = new Set([...KERNELS.keys()].filter((name) => name.startsWith('Mlv')));

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

test('the table holds every kernel', async () => {
  const files = import.meta.glob('../../gpu/kernels/**/*.ts', {
    query: '?raw',
    import: 'default',
    eager: true,
  });
  const defined = Object.values(files).flatMap((text) => [
    ...String(text).matchAll(/defineKernel[<(][\s\S]*?name: '(\w+)'/g),
  ]);
  const names = Object.values(KERNEL_TABLE).map(({ spec }) => spec.name);
  expect(names.toSorted()).toEqual(defined.map(([, name]) => name).toSorted());
  expect(new Set(names)).toEqual(OUR_KERNELS);
});

test('a sound adapter passes, row by row, and a run goes on as if nothing had been', async () => {
  const { runtime } = await testDevice();
  const before = tf.memory().numTensors;
  const films = madeFilms(8);
  // The shape of the self-test's own step, whose programs are then there already.
  const shape = { optimiser: 'lars', width: 8, levelSize: 16, batchSize: 8 } as const;
  const steps = async (run: Pretrainer) => [
    repeatable(await run.submitStep()),
    repeatable(await run.submitStep()),
  ];
  const run = new Pretrainer(tinyConfig(shape), films, runtime);
  const interrupted = await steps(run);

  const heard: SelfTestRow[] = [];
  let foretold = 0;
  const report = await runSelfTest(runtime, (row, total) => {
    heard.push(row);
    foretold = total;
  });
  expect(report.rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.ok).toBe(true);
  expect(report.sentence).toMatch(
    /^This GPU computes every kernel correctly to 1e-[56], and a .* step of every method to 1e-[456]\.$/,
  );
  expect(heard).toEqual(report.rows);
  expect(foretold).toBe(heard.length);
  const subjects = Object.keys(KERNEL_TABLE).length + METHOD_NAMES.length;
  expect(new Set(heard.map(({ name }) => name)).size).toBe(subjects);
  expect(tf.getBackend()).toBe('webgpu');

  interrupted.push(...(await steps(run)));
  run.dispose();
  const again = new Pretrainer(tinyConfig(shape), films, runtime);
  expect([...(await steps(again)), ...(await steps(again))]).toEqual(interrupted);
  again.dispose();
  expect(tf.memory().numTensors).toBe(before);
}, 400_000);

describe('a driver that goes wrong', () => {
  const doubled = (name: string, body: string) =>
    defineKernel<'x', Record<string, never>>({
      name,
      inputs: ['x'],
      outputs: ({ x }) => [x],
      gpu({ inputs, outputs, run }) {
        const code = program({
          name,
          reads: { x: 'f32' },
          writes: { y: 'f32' },
          workgroup: [8],
          body: `if (id.x < arrayLength(&y)) { ${body} }`,
        });
        run(code, [inputs.x, outputs[0]!], [], [1]);
      },
      reference({ x }, _, [y]) {
        x.data.forEach((value, i) => {
          y!.data[i] = 2 * value;
        });
      },
    });

  test.each([
    ['sound', 'y[id.x] = 2.0 * x[id.x];', null],
    ['inexact', 'y[id.x] = 2.0001 * x[id.x];', /^$/],
    ['notANumber', 'y[id.x] = bitcast<f32>(0x7fc00000u | u32(x[id.x] != 0.0));', /not a finite number/],
    ['refused', 'y[id.x] = 2.0 * missing;', /missing/],
  ])('%s', async (name, body, fault) => {
    const { runtime } = await testDevice();
    const kernel = doubled(`SelfTest-${name}`, body);
    const before = tf.memory().numTensors;
    const one = { detail: 'eight numbers', inputs: () => ({ x: given([8], 1) }), attrs: {} };
    const row = await checkKernel(runtime, 'Doubling', kernel, one);
    expect(row.ok).toBe(fault === null);
    if (fault) expect(row.fault ?? '').toMatch(fault);
    if (name === 'inexact') expect(row.error).toBeCloseTo(5e-5, 6);
    expect(tf.memory().numTensors).toBe(before);
    if (fault) expect(verdict([row])).toMatch(/does not compute .* 1 of 1 checks failed \(Doubling\)/);
  });
});
