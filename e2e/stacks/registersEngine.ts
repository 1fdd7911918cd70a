// The two halves of registers.ts, each in a process of its own because each has another driver. `collect FILE` writes the
// programs of every preset and odd shape, with their set of forms; `compile FILE` gives them to a card's own driver, under
// which no buffer can be made, one by one with a line on stderr before each, between which the driver reports.

import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import process from 'node:process';
import { create, globals } from 'webgpu';
import { ProgramList } from '../../src/checks/programs/testCollect.ts';
import { runsToLookAt } from '../../src/checks/programs/testRuns.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { formSets } from '../../src/gpu/testForms.ts';
import { Rng } from '../../src/util/rng.ts';

interface Text {
  /** The sets of forms that it is in. */
  readonly sets: string[];
  readonly name: string;
  /** The configuration that asks for it first. */
  readonly by: string;
  readonly code: string;
  readonly bindings: readonly GPUBufferBindingType[];
}

Object.assign(globalThis, globals);
const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']);
Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });

async function collect(file: string): Promise<void> {
  const { runtime } = await openDevice(({ message }) => console.error(message));
  // Weights decide no program.
  Rng.prototype.normal = () => 0;
  const texts = new Map<string, Text>();
  for (const set of formSets()) {
    const list = new ProgramList(runtime, [set]);
    for (const run of runsToLookAt().filter(({ alone }) => alone)) await list.addRun(run);
    for (const { program, by } of list.all) {
      const { name, code, bindingKinds: bindings } = program;
      // A driver that is given a text twice reports it once.
      const before = texts.get(code);
      if (before) before.sets.push(set.name);
      else texts.set(code, { sets: [set.name], name, by, code, bindings });
    }
  }
  writeFileSync(file, JSON.stringify([...texts.values()]));
}

async function compile(file: string): Promise<void> {
  const adapter = (await gpu.requestAdapter())!;
  const requiredFeatures = (['subgroups', 'shader-f16'] as const).filter((name) =>
    adapter.features.has(name),
  );
  const device = await adapter.requestDevice({ requiredFeatures });
  for (const { name, sets, by, code, bindings } of JSON.parse(readFileSync(file, 'utf8')) as Text[]) {
    writeSync(2, `PROGRAM ${JSON.stringify({ name, sets, by })}\n`);
    device.pushErrorScope('validation');
    const entries = bindings.map((type, binding) => ({ binding, visibility: 4, buffer: { type } }));
    const layout = device.createPipelineLayout({
      bindGroupLayouts: [device.createBindGroupLayout({ entries })],
    });
    const module = device.createShaderModule({ code });
    device.createComputePipeline({ layout, compute: { module, entryPoint: 'main' } });
    const error = await device.popErrorScope();
    if (error) writeSync(2, `REFUSED ${error.message.replace(/\s+/g, ' ').slice(0, 300)}\n`);
  }
}

const [half, file] = process.argv.slice(2);
await (half === 'collect' ? collect(file!) : compile(file!));
process.exit(0);
