// The engine of the app without a browser, as TypeScript: in Node on Dawn, or in Deno on wgpu, whichever runs this file.
// Arguments: `selftest`, `train`, `parity` (the fixtures of PARITY), each in every set of forms; `registers` compiles all
// programs one by one for the driver's own report. Prints one line of JSON a result; status 1 if one is wrong.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type OpenDevice, openDevice } from '../../src/gpu/device.ts';
import { chooseForms } from '../../src/gpu/forms.ts';
import { type FormSet, formSets } from '../../src/gpu/testForms.ts';
import { pausePolling } from '../../src/gpu/testPolling.ts';

export interface EngineResult {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Of the first steps of a run: every stack has the same, before rounding parts the curves. */
  readonly losses?: readonly number[];
}

/** Steps whose losses every stack shares. */
const SHARED = 3;
const STEPS = 20;

function say(what: string, ok: boolean, detail: string, losses?: readonly number[]): void {
  console.log(JSON.stringify({ what, ok, detail, losses } satisfies EngineResult));
  if (!ok) process.exitCode = 1;
}

async function offerGpu(): Promise<void> {
  if ('Deno' in globalThis) return;
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  pausePolling();
}

async function selfTest({ runtime }: OpenDevice, { name }: FormSet): Promise<void> {
  const { runSelfTest } = await import('../../src/checks/selftest/index.ts');
  const { rows, ok, sentence, seconds } = await runSelfTest(runtime, () => undefined);
  const wrong = rows
    .filter((row) => !row.ok)
    .map((row) => `${row.name}, ${row.detail}: ${row.fault ?? row.error}`);
  const detail = `${rows.length - wrong.length} of ${rows.length}, ${seconds.toFixed(0)} s. ${sentence}`;
  say(`self-test, ${name}`, ok, [detail, ...wrong.slice(0, 3)].join(' '));
}

async function train({ runtime }: OpenDevice, { name }: FormSet): Promise<void> {
  const { Pretrainer } = await import('../../src/train/pretrain.ts');
  const { presetConfig } = await import('../../src/config/presets.ts');
  const { commonValue } = await import('../../src/protocol/metrics.ts');
  const { madeFilms } = await import('../../src/train/testRun.ts');
  const run = new Pretrainer({ ...presetConfig('smoke'), seed: 1 }, madeFilms(64), runtime);
  await run.compile(() => undefined);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    losses.push(commonValue(await run.submitStep(), 'loss/total') ?? Number.NaN);
  }
  run.dispose();
  runtime.trim();
  const falls = losses.every(Number.isFinite) && losses.at(-1)! < losses[0]!;
  const shown = [0, 1, 2, STEPS - 1].map((step) => `#${step} ${losses[step]!.toFixed(4)}`);
  say(`${STEPS} steps of smoke, ${name}`, falls, `loss ${shown.join(', ')}`, losses.slice(0, SHARED));
}

async function parity({ runtime }: OpenDevice, { name }: FormSet): Promise<void> {
  const folder = process.env.PARITY ?? '';
  const { runParity } = await import('../../src/checks/parity/index.ts');
  const files = new Map<string, Uint8Array>();
  for (const file of readdirSync(folder)) {
    if (/\.(json|safetensors)$/.test(file))
      files.set(file, Uint8Array.from(readFileSync(path.join(folder, file))));
  }
  let rows = 0;
  let worst = 0;
  const fixtures = new Set<string>();
  const outside: string[] = [];
  for await (const list of runParity({ files, kinds: [] }, runtime)) {
    for (const row of list) {
      rows++;
      fixtures.add(row.fixture);
      if (row.tolerance > 0) worst = Math.max(worst, row.error / row.tolerance);
      if (!row.ok) outside.push(JSON.stringify(row).slice(0, 200));
    }
  }
  const detail = `${outside.length} of ${rows} rows of ${fixtures.size} fixtures outside, the worst at ${worst.toFixed(2)} of its tolerance`;
  say(`parity, ${name}`, rows > 0 && outside.length === 0, [detail, ...outside.slice(0, 3)].join(' '));
}

const PARTS: Readonly<Record<string, (device: OpenDevice, set: FormSet) => Promise<void>>> = {
  selftest: selfTest,
  train,
  parity,
};

await offerGpu();
const faults: string[] = [];
const device = await openDevice(({ kind, message }) => faults.push(`${kind}: ${message}`));
const { vendor, architecture, description } = device.info;
const { subgroupMinSize, subgroupMaxSize } = device.info as unknown as Record<string, number>;
const subgroups = device.device.features.has('subgroups')
  ? `${subgroupMinSize} to ${subgroupMaxSize}`
  : 'none';
say(
  'adapter',
  true,
  `${[vendor, architecture, description].filter(Boolean).join(' ')}; subgroups ${subgroups}`,
);
for (const part of process.argv.slice(2)) {
  if (part === 'parity' && !existsSync(process.env.PARITY ?? '')) continue;
  // The table of kernels is loaded by then, which formSets asks.
  await import('../../src/gpu/kernels/table.ts');
  for (const set of formSets()) {
    chooseForms(set.choice);
    await PARTS[part]!(device, set);
  }
}
if (faults.length > 0) say('no fault of the device', false, faults.slice(0, 3).join(' | '));
process.exit();
