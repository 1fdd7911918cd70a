// `npm run bench`: builds the benchmark page, serves it on this machine, and lets the engines take turns in one headless
// Chromium. The software adapter unless GPU=hardware. Options: --only step|kernels, --json FILE, --repeats N,
// --engines jax,stock,webgl (which of the others; all where left out).

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { build } from 'vite';
import { chromiumFlags, ensureChromium } from '../tools/chromium.mjs';
import { serve } from '../tools/serve.mjs';
import { median } from './median.ts';
import { asJson, disagreements, type EngineSteps, kernelTable, type Measured, stepTable } from './report.ts';
import type { EngineName, Reply, Request, StepResult } from './worker.ts';

const ENGINES: readonly EngineName[] = ['ours', 'jax', 'stock', 'webgl'];
const WARM_UP = 2;

type Ask = (name: string, request: Request) => Promise<Reply>;

const asker =
  (page: Page): Ask =>
  (name, request) =>
    page.evaluate(([to, what]) => window.bench.ask(to, what), [name, request] as const);

interface Contender {
  readonly steps: StepResult[];
  error: string | null;
}

/** Engines that are not among `asked` stay without a step. */
async function measureSteps(ask: Ask, repeats: number, asked: readonly EngineName[]) {
  const contenders = new Map<EngineName, Contender>(
    ENGINES.map((name) => [name, { steps: [], error: null }]),
  );
  let adapter = '';
  const attempt = async (name: EngineName, request: Request) => {
    const contender = contenders.get(name)!;
    if (contender.error !== null) return;
    const reply = await ask(name, request);
    if ('error' in reply) contender.error = reply.error;
    else if ('ms' in reply) contender.steps.push(reply);
    else if (name === 'ours') adapter = reply.adapter;
  };
  for (const engine of asked) {
    console.error(`opening ${engine}`);
    await attempt(engine, { kind: 'open', engine });
  }
  for (let round = 0; round < WARM_UP + repeats; round++) {
    console.error(round < WARM_UP ? `warming up ${round + 1} of ${WARM_UP}` : `round ${round - WARM_UP + 1}`);
    for (const engine of asked) await attempt(engine, { kind: 'step' });
  }
  const reference = contenders.get('ours')!.steps[0]?.loss;
  const steps = Object.fromEntries(
    [...contenders].map(([name, contender]) => [name, summary(contender, reference)]),
  ) as Record<EngineName, EngineSteps>;
  return { adapter, steps };
}

function summary({ steps, error }: Contender, reference: number | undefined): EngineSteps {
  const warm = steps.slice(WARM_UP);
  const first = steps[0]?.loss;
  const known = first !== undefined && reference !== undefined;
  return {
    ms: error === null && warm.length > 0 ? median(warm.map(({ ms }) => ms)) : null,
    error,
    losses: steps.map(({ loss }) => loss),
    firstLossApart: known ? Math.abs(first - reference) / Math.abs(reference) : null,
    counts: warm.at(-1)?.counts ?? null,
  };
}

/** A page with the built benchmark; everything is cleared away after `work`. */
async function withPage<T>(work: (page: Page) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlvicx-bench-'));
  try {
    await build({
      root: import.meta.dirname,
      configFile: false,
      base: './',
      logLevel: 'warn',
      worker: { format: 'es' },
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: 'es2023',
        chunkSizeWarningLimit: 4000,
        rolldownOptions: { checks: { pluginTimings: false } },
      },
    });
    const server = await serve({ folder });
    const gpu = process.env.GPU === 'hardware' ? 'hardware' : 'software';
    const browser = await chromium.launch({
      executablePath: await ensureChromium(),
      args: chromiumFlags(gpu),
    });
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.waitForFunction(() => window.bench !== undefined);
      return await work(page);
    } finally {
      await browser.close();
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  page: Page,
  only: string | undefined,
  repeats: number,
  engines: readonly EngineName[],
): Promise<Measured> {
  const ask = asker(page);
  const date = new Date().toISOString();
  const measured: Measured = { adapter: '', date, repeats };
  let made = measured;
  if (only !== 'kernels') made = { ...made, ...(await measureSteps(ask, repeats, engines)) };
  if (only !== 'step') {
    console.error('kernels');
    const reply = await ask('kernels', { kind: 'kernels', repeats });
    if (!('rows' in reply)) throw new Error('error' in reply ? reply.error : 'no rows came back');
    made = { ...made, adapter: reply.adapter, kernels: reply.rows };
  }
  return made;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    repeats: { type: 'string', default: '5' },
    engines: { type: 'string', default: ENGINES.join() },
  },
});
const repeats = Number(values.repeats);
const knownPart = values.only === undefined || values.only === 'step' || values.only === 'kernels';
const named = values.engines.split(',');
const engines = ENGINES.filter((name) => name === 'ours' || named.includes(name));
const knownEngines = named.every((name) => (ENGINES as readonly string[]).includes(name));
if (!knownPart || !knownEngines || !Number.isInteger(repeats) || repeats < 1) {
  console.error(
    'npm run bench -- [--only step|kernels] [--json FILE] [--repeats N] [--engines jax,stock,webgl]',
  );
  process.exit(2);
}
const measured = await withPage((page) => measure(page, values.only, repeats, engines));
console.log(`Adapter: ${measured.adapter || 'unknown'}; medians of ${repeats}, engines taking turns\n`);
if (measured.steps) console.log(`${stepTable(measured.steps)}\n`);
if (measured.kernels) console.log(`${kernelTable(measured.kernels)}\n`);
if (values.json) await writeFile(values.json, asJson(measured));
const wrong = disagreements(measured);
for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
