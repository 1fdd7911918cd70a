// `npm run bench:native`: the training step in Node on Dawn, without a browser, and in turn with it the same step in PyTorch
// where a python3 with torch is found. --problems bench,cores,laptop,paper, --repeats N, --block K (steps per timing),
// --set key=value,…, --forms kernel=form,… (the step in these forms, too), --peak TFLOPS (of the card in float32), --no-torch, --profile,
// --json FILE; --start times the programs of the first step instead (start.ts);
// --pack DIR only makes a folder that runs the same elsewhere (pack.ts).

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, parseConfig } from '../../../src/config/schema.ts';
import { chooseForms, type Form } from '../../../src/gpu/forms.ts';
import type { KernelName } from '../../../src/protocol/device.ts';
import { kernelOptions } from '../../headless/kernels.ts';
import { offerGpu } from '../../tools/dawn.ts';
import { stepFlops } from '../flops.ts';
import { median } from '../median.ts';
import type { OurSteps } from '../ours.ts';
import { PROBLEM_NAMES, PROBLEMS, type ProblemName } from './problems.ts';
import { profileStep } from './profile.ts';
import { nativeTable, type ProblemResult, profileTable, type Row } from './report.ts';
import { findTorch, TorchProcess, writeProblem } from './torch.ts';

const { values } = parseArgs({
  options: {
    problems: { type: 'string' },
    repeats: { type: 'string', default: '5' },
    block: { type: 'string' },
    set: { type: 'string', default: '' },
    forms: { type: 'string', default: '' },
    peak: { type: 'string' },
    'no-torch': { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    start: { type: 'boolean', default: false },
    pack: { type: 'string' },
    json: { type: 'string' },
  },
});

const script = process.env.TORCH_STEP ?? path.join(import.meta.dirname, 'torch_step.py');
const settings = Object.fromEntries(
  values.set
    .split(',')
    .filter(Boolean)
    .map((pair) => pair.split('=') as [string, string]),
);

/** One engine's part: a block of steps, milliseconds per step, loss of the first. */
interface Contender {
  readonly name: string;
  block(steps: number): Promise<{ ms: number; loss: number }>;
}

async function takeTurns(contenders: readonly Contender[], repeats: number, block: number): Promise<Row[]> {
  const taken = contenders.map(() => [] as { ms: number; loss: number }[]);
  for (let round = 0; round <= repeats; round++) {
    for (const [i, contender] of contenders.entries()) {
      taken[i]!.push(await contender.block(round === 0 ? 1 : block));
    }
  }
  return contenders.map(({ name }, i) => ({
    name,
    ms: median(taken[i]!.slice(1).map(({ ms }) => ms)),
    loss: taken[i]![0]!.loss,
  }));
}

/** Forms by the registered names of kernels. */
async function formsAsked(text: string): Promise<Map<string, Form>> {
  const { KERNEL_TABLE } = await import('../../../src/gpu/kernels/table.ts');
  const { forms } = kernelOptions({ without: '', forms: text });
  if (typeof forms === 'string') throw new Error('--forms takes kernel=form,….');
  return new Map(
    Object.entries(forms).map(([name, form]) => [KERNEL_TABLE[name as KernelName].spec.name, form as Form]),
  );
}

/** The step of one configuration everywhere; what it needs on disk is cleared away. */
async function measure(name: ProblemName, config: Config, python: string | null): Promise<ProblemResult> {
  const { openOurDevice, prepareSteps } = await import('../ours.ts');
  const device = await openOurDevice();
  const { adapter } = device;
  const { software } = device.runtime;
  const block = Number(values.block ?? (software ? 1 : 10));
  const engines: OurSteps[] = [];
  /** Each from the same start. */
  async function ours(label: string, choice: ReadonlyMap<string, Form>): Promise<Contender> {
    chooseForms(choice);
    const engine = await prepareSteps(device, config);
    engines.push(engine);
    return {
      name: label,
      async block(steps) {
        chooseForms(choice);
        const begin = performance.now();
        const loss = await engine.take(steps);
        return { ms: (performance.now() - begin) / steps, loss };
      },
    };
  }
  const contenders = [await ours('this project', new Map())];
  if (values.forms) contenders.push(await ours(`with ${values.forms}`, await formsAsked(values.forms)));
  const [engine] = engines as [OurSteps];
  const folder = await mkdtemp(path.join(tmpdir(), 'mlvicx-native-'));
  let torch: TorchProcess | null = null;
  try {
    let facts = null;
    if (python) {
      await writeProblem(folder, config, await engine.training.capture());
      const beside = new TorchProcess(python, script, folder);
      torch = beside;
      facts = await beside.about();
      for (const tf32 of facts.cuda ? [false, true] : [false]) {
        for (const form of ['published', 'factored'] as const) {
          const label = `PyTorch ${facts.torch}, ${form}${tf32 ? ', TF32' : ''}`;
          contenders.push({ name: label, block: (steps) => beside.step({ form, tf32 }, steps) });
        }
      }
    }
    const rows = await takeTurns(contenders, Number(values.repeats), block);
    const flops = stepFlops(config);
    const { batchSize, width, imageSize, optimiser } = config;
    const sizes = { batchSize, width, imageSize, optimiser };
    const result = { name, ...sizes, adapter, torch: facts, block, flops, rows };
    if (!values.profile) return result;
    chooseForms(new Map());
    return { ...result, profile: await profileStep(device.runtime, 2 * batchSize, engine.record) };
  } finally {
    torch?.close();
    for (const { dispose } of engines) dispose();
    device.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const names = values.problems?.split(',') ?? ['bench', 'cores'];
const known = names.filter((name): name is ProblemName => (PROBLEM_NAMES as string[]).includes(name));
if (known.length !== names.length) {
  console.error(`--problems takes ${PROBLEM_NAMES.join(', ')}.`);
  process.exit(2);
}
if (values.pack) {
  await (await import('./pack.ts')).pack(path.resolve(values.pack));
  console.log(`Packed: node ${path.join(values.pack, 'bench.mjs')}`);
  process.exit(0);
}
await offerGpu();
if (values.start) {
  const { startTable, timeStart } = await import('./start.ts');
  const started = [];
  for (const name of known) {
    const result = await timeStart(name, parseConfig(settings, PROBLEMS[name].config));
    console.log(`${startTable(result)}\n`);
    started.push(result);
  }
  if (values.json) await writeFile(values.json, `${JSON.stringify(started, null, 2)}\n`);
  process.exit(0);
}
const python = values['no-torch'] ? null : findTorch();
if (!python && !values['no-torch'])
  console.log('No python3 with torch and numpy was found; PyTorch is left out.');
const results: ProblemResult[] = [];
for (const name of known) {
  console.error(`${name}: ${PROBLEMS[name].label}`);
  const result = await measure(name, parseConfig(settings, PROBLEMS[name].config), python);
  console.log(`${nativeTable(result, values.peak ? Number(values.peak) : null)}\n`);
  if (result.profile) console.log(`${profileTable(result.profile)}\n`);
  results.push(result);
}
if (values.json) {
  const { repeats } = values;
  await writeFile(
    values.json,
    `${JSON.stringify({ date: new Date().toISOString(), repeats, results }, null, 2)}\n`,
  );
}
const apart = results.flatMap(({ name, rows }) =>
  rows
    .filter(({ loss }) => !(Math.abs(loss / rows[0]!.loss - 1) <= 1e-3))
    .map((row) => `${name}: the loss of ${row.name} differs`),
);
for (const line of apart) console.error(line);
process.exit(apart.length > 0 ? 1 : 0);
