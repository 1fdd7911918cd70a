// `npm run bench`: builds the benchmark pages, serves them on this machine, and measures part by part in one headless
// Chromium. The software adapter unless GPU=hardware. Options: --only PART, --json FILE, --repeats N, --seconds N (of
// frames), --engines training,jax,stock,webgl (which stand beside ours; all where left out).

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureFrames } from './frames.ts';
import {
  asJson,
  disagreements,
  framesTable,
  kernelTable,
  type Measured,
  methodTable,
  scalingTable,
  stepTable,
} from './report.ts';
import { openAsker, type Site, withSite } from './site.ts';
import { ENGINES, measureSteps } from './steps.ts';
import type { EngineName } from './worker.ts';

interface Options {
  readonly repeats: number;
  readonly seconds: number;
  readonly engines: readonly EngineName[];
}

interface Part {
  measure(site: Site, options: Options): Promise<Partial<Measured>>;
  /** The table, where this part was measured. */
  table(measured: Measured): string | undefined;
}

async function askWorker(
  site: Site,
  kind: 'kernels' | 'scaling' | 'methods',
  repeats: number,
): Promise<Partial<Measured>> {
  const ask = await openAsker(site);
  const reply = await ask(kind, { kind, repeats });
  if ('error' in reply) throw new Error(reply.error);
  if (!(kind in reply)) throw new Error(`no ${kind} came back`);
  return reply as Partial<Measured>;
}

const PARTS = {
  step: {
    measure: async (site, { repeats, engines }) => measureSteps(await openAsker(site), repeats, engines),
    table: ({ steps }) => steps && stepTable(steps),
  },
  kernels: {
    measure: (site, { repeats }) => askWorker(site, 'kernels', repeats),
    table: ({ kernels }) => kernels && kernelTable(kernels),
  },
  scaling: {
    measure: (site, { repeats }) => askWorker(site, 'scaling', repeats),
    table: ({ scaling }) => scaling && scalingTable(scaling),
  },
  methods: {
    measure: (site, { repeats }) => askWorker(site, 'methods', repeats),
    table: ({ methods }) => methods && methodTable(methods),
  },
  frames: {
    measure: (site, { seconds }) => measureFrames(site, seconds),
    table: ({ frames }) => frames && framesTable(frames),
  },
} as const satisfies Record<string, Part>;

type PartName = keyof typeof PARTS;
const PART_NAMES = Object.keys(PARTS) as PartName[];
const isPart = (name: string): name is PartName => Object.hasOwn(PARTS, name);

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      json: { type: 'string' },
      repeats: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '20' },
      engines: { type: 'string', default: ENGINES.join() },
    },
  });
  const named = values.engines.split(',').filter(Boolean);
  const engines = ENGINES.filter((name) => name === 'ours' || named.includes(name));
  const [repeats, seconds] = [Number(values.repeats), Number(values.seconds)];
  const only = values.only?.split(',') ?? PART_NAMES;
  const parts = only.filter(isPart);
  const known = parts.length === only.length && named.every((name) => (ENGINES as string[]).includes(name));
  if (!known || !Number.isInteger(repeats) || repeats < 1 || !(seconds > 0)) return null;
  return { parts, json: values.json, repeats, seconds, engines };
}

const options = readOptions();
if (!options) {
  console.error(
    `npm run bench -- [--only ${PART_NAMES.join('|')}] [--json FILE] [--repeats N] [--seconds N] [--engines ${ENGINES.slice(1)}]`,
  );
  process.exit(2);
}
let measured: Measured = { adapter: '', date: new Date().toISOString(), repeats: options.repeats };
await withSite(async (site) => {
  for (const name of options.parts) {
    console.error(name);
    const found: Partial<Measured> = await PARTS[name].measure(site, options);
    measured = { ...measured, ...found, adapter: found.adapter || measured.adapter };
  }
});
console.log(
  `Adapter: ${measured.adapter || 'unknown'}; medians of ${options.repeats}, engines taking turns\n`,
);
for (const name of options.parts) console.log(`${PARTS[name].table(measured) ?? ''}\n`);
if (options.json) await writeFile(options.json, asJson(measured));
const wrong = disagreements(measured);
for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
