// The table of stacks: what is independent in each, what it needs, and what is run on it. Adding one is adding a row.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { presetConfig } from '../../src/config/presets.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import { syntheticOptions } from '../../src/protocol/intake.ts';
import { commonValue } from '../../src/protocol/metrics.ts';
import { findSwiftShaderIcd } from '../tools/chromium.mjs';
import { serve } from '../tools/serve.mjs';
import type { EngineResult } from './engine.ts';
import { withFirefox } from './firefox.ts';
import { cache, firefox, layers, Missing, mesaDriver, npm, root, vulkanLoader } from './parts.ts';
import { registers } from './registers.ts';

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

type Hear = (check: Check) => void;

interface Stack {
  /** What computes, in words. */
  readonly what: string;
  /** @throws Missing where a part cannot be had */
  run(hear: Hear): Promise<void>;
}

const ENGINE = ['selftest', 'train', 'parity'];
/** Recorded values of the published code, where they lie beside the checkout. */
const PARITY = process.env.PARITY ?? path.join(root, '..', 'shared', 'parity');

/** Runs a program; each line that it prints is heard, and its status told. */
async function lines(
  [command, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  hear: (line: string) => void,
): Promise<number> {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A failure is told on the other stream, among what drivers have to say.
  createInterface({ input: child.stderr }).on('line', (line) => /^error |Error/.test(line) && hear(line));
  for await (const line of createInterface({ input: child.stdout })) hear(line);
  return (
    child.exitCode ?? (await new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1))))
  );
}

/** The engine without a browser: every line is a result. */
async function engine(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  hear: Hear,
): Promise<void> {
  const status = await lines([...command, 'e2e/stacks/engine.ts', ...ENGINE], { PARITY, ...env }, (line) => {
    if (!line.startsWith('{')) {
      console.log(`  ${line}`);
      return;
    }
    const result = JSON.parse(line) as EngineResult;
    hear(result);
    if (result.losses)
      hear({ what: 'the first losses are those of the first stack', ...sameLosses(result.losses) });
  });
  if (status > 1) hear({ what: 'ends well', ok: false, detail: `status ${status}` });
  if (!existsSync(PARITY)) console.log(`  no parity: ${PARITY} is not there`);
}

let firstLosses: readonly number[] | null = null;

/** Three steps are few enough for single precision to keep five digits on every stack. */
const SAME = 1e-5;

function sameLosses(losses: readonly number[]): Pick<Check, 'ok' | 'detail'> {
  firstLosses ??= losses;
  const apart = Math.max(...losses.map((loss, step) => Math.abs(loss / firstLosses![step]! - 1)));
  return { ok: apart <= SAME, detail: `${apart.toExponential(1)} apart, at most ${SAME}` };
}

const NODE = [process.execPath, path.join(root, 'node_modules/tsx/dist/cli.mjs')] as const;
const HEADLESS = [...NODE, 'e2e/headless/main.ts'] as const;
const DENO = '2.9.6';

async function swiftShader(): Promise<string> {
  const icd = await findSwiftShaderIcd();
  if (!icd) throw new Missing('a Chromium with SwiftShader beside it: npm test fetches one');
  return icd;
}

/** An integrated card of Intel's, as far as anybody can see. */
const CARD = { CARD_VENDOR: '0x8086', CARD_DEVICE: '0x9a49', GPU: 'hardware' };
/** The standard's default limits, as a driver says them. */
const LEAST = {
  CARD_BUFFERS: '8',
  CARD_MEMORY: '16384',
  CARD_THREADS: '256',
  CARD_BINDING: String(2 ** 27),
};

/** A command of the headless runner on a disguised SwiftShader. */
async function onCard(
  hear: Hear,
  what: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  right: (text: string, status: number) => boolean,
): Promise<void> {
  const card = { VK_ICD_FILENAMES: await swiftShader(), ...layers('disguise'), ...CARD, ...env };
  const said: string[] = [];
  const status = await lines([...HEADLESS, ...args], card, (line) => said.push(line));
  const text = said.join('\n');
  const shown = new Set([
    ...said.filter((line) => /^WebGPU:|^This GPU|^error/.test(line)),
    said.at(-1) ?? '',
  ]);
  hear({ what, ok: right(text, status), detail: [...shown].join(' ').replace(/\s+/g, ' ').slice(0, 400) });
}

/** What the runs leave, overwritten by the next. */
const OUT = path.join(cache, 'out');
const TRAIN = [
  'pretrain',
  '--data',
  'synthetic',
  '--preset',
  'smoke',
  '--steps',
  '20',
  '--seed',
  '1',
  '--out',
  OUT,
];
const passes = (text: string, status: number) =>
  status === 0 && text.includes('(hardware)') && text.includes('computes every kernel correctly');

export const STACKS: Readonly<Record<string, Stack>> = {
  node: {
    what: 'Dawn in Node on SwiftShader',
    run: async (hear) => engine(NODE, { VK_ICD_FILENAMES: await swiftShader() }, hear),
  },
  lavapipe: {
    what: "Dawn in Node on Mesa's processor driver, as Debian's backports have it",
    run: (hear) =>
      engine(NODE, { VK_ICD_FILENAMES: mesaDriver('lvp', true), LD_LIBRARY_PATH: vulkanLoader() }, hear),
  },
  deno: {
    what: 'wgpu and Naga in Deno on the same driver',
    async run(hear) {
      const program = path.join(npm('deno', DENO), 'deno', 'bin.cjs');
      const env = { VK_ICD_FILENAMES: mesaDriver('lvp', true), LD_LIBRARY_PATH: vulkanLoader() };
      const flags = ['run', '--unstable-webgpu', '-A', '--no-check', '--node-modules-dir=manual'];
      await engine([process.execPath, program, ...flags], env, hear);
    },
  },
  firefox: {
    what: "Firefox ESR on Debian's own processor driver: the built app",
    run: inFirefox,
  },
  card: {
    what: 'Chromium on a driver disguised as a card: flags, forms and measurement of hardware',
    async run(hear) {
      await onCard(hear, 'self-test', ['selftest'], {}, passes);
      await onCard(hear, 'self-test, default limits', ['selftest'], LEAST, passes);
      const measured = [...TRAIN, '--forms', 'measured'];
      const trained = (text: string, status: number) => status === 0 && text.includes('(hardware)');
      await onCard(hear, '20 steps of smoke, forms measured', measured, {}, trained);
    },
  },
  'small-card': {
    what: 'the same with 300 MiB of memory: a run that does not fit ends by name',
    async run(hear) {
      const env = { ...layers('disguise', 'smallHeap'), HEAP_MIB: '300' };
      const large = [
        'pretrain',
        '--data',
        'synthetic',
        '--preset',
        'laptop',
        '--steps',
        '2',
        '--seed',
        '1',
        '--out',
        OUT,
      ];
      const named = (text: string, status: number) => status === 1 && text.includes('error out-of-memory');
      await onCard(hear, 'laptop', large, env, named);
    },
  },
  amd: {
    what: "AMD's own compiler (RADV, no card): registers of every program in the forms that a card takes",
    run: registers,
  },
};

/** Self-test and 20 steps through the page of the headless runner. */
async function inFirefox(hear: Hear): Promise<void> {
  const program = firefox();
  const env = { VK_DRIVER_FILES: mesaDriver('lvp', false), LD_LIBRARY_PATH: vulkanLoader() };
  const server = await serve();
  try {
    await withFirefox(program, new URL('e2e/headless/page.html', server.url).href, env, async (page) => {
      const call = async <T>(name: string, argument: unknown = null): Promise<T> => {
        const reply = await page.evaluate<{ value?: T; error?: { code: string; message: string } }>(
          `window.runner.call(${JSON.stringify(name)}, ${JSON.stringify(argument)} ?? undefined)`,
        );
        if (reply.error) throw new Error(`${reply.error.code}: ${reply.error.message}`);
        return reply.value as T;
      };
      while (!(await page.evaluate('Boolean(window.runner)'))) await new Promise((r) => setTimeout(r, 100));
      const agent = await page.evaluate<string>('navigator.userAgent');
      const device = await call<{ features: string[] }>('open');
      hear({ what: 'adapter', ok: true, detail: `${agent}; ${device.features.length} features` });
      const report = await call<{ ok: boolean; rows: unknown[]; sentence: string }>('selfTest');
      hear({ what: 'self-test', ok: report.ok, detail: `${report.rows.length} rows. ${report.sentence}` });
      const config = { ...presetConfig('smoke'), seed: 1, maxSteps: 20 };
      await call('synthesise', syntheticOptions(config));
      await call('prepare', config);
      await call('train');
      const heard = await page.evaluate<RunnerEvent[]>('window.heard');
      const samples = heard.flatMap((event) => (event.type === 'samples' ? event.samples : []));
      const losses = samples.map((sample) => commonValue(sample, 'loss/total') ?? Number.NaN);
      const ok = losses.length === 20 && losses.at(-1)! < losses[0]!;
      const [first, last] = [losses[0]!, losses.at(-1)!].map((loss) => loss.toFixed(4));
      hear({ what: '20 steps of smoke', ok, detail: `loss ${first} to ${last}` });
    });
  } finally {
    await server.close();
  }
}
