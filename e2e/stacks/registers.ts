// What a card's own compiler makes of our programs: RADV, AMD's Vulkan driver, compiles for a card that is not there,
// under a layer that executes nothing, and reports registers and scratch memory of each program. A program that spills
// registers to memory in a form that cards take is wrong.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findSwiftShaderIcd } from '../tools/chromium.mjs';
import { cache, layers, Missing, mesaDriver, root, vulkanLoader } from './parts.ts';
import type { Check } from './stacks.ts';

/** Cards to compile for: the newest generation that this driver knows well, and a small one of 2020. */
const CARDS = { navi31: 'RDNA 3', renoir: 'GCN 5' } as const;

export interface Registers {
  readonly name: string;
  /** The sets of forms that it is in. */
  readonly sets: readonly string[];
  readonly by: string;
  readonly vector: number;
  readonly spilled: number;
  readonly scratch: number;
  readonly waves: number;
  /** Cycles of a wave in which nothing else can begin, by the compiler's estimate. */
  readonly throughput: number;
}

const FIELDS = {
  vector: 'VGPRs',
  spilled: 'Spilled VGPRs',
  scratch: 'Scratch size',
  waves: 'Subgroups per SIMD',
  throughput: 'Inverse Throughput',
} as const;

/** Reads the driver's report between the lines that name the programs. */
export function readRegisters(text: string): Registers[] {
  return text
    .split(/^PROGRAM /m)
    .slice(1)
    .map((part) => {
      const head = JSON.parse(part.slice(0, part.indexOf('\n'))) as Pick<Registers, 'name' | 'sets' | 'by'>;
      const value = (label: string) =>
        Number(new RegExp(`^${label}: (\\d+)`, 'm').exec(part)?.[1] ?? Number.NaN);
      const numbers = Object.fromEntries(Object.entries(FIELDS).map(([key, label]) => [key, value(label)]));
      return { ...head, ...(numbers as Omit<Registers, 'name' | 'sets' | 'by'>) };
    });
}

function half(args: readonly string[], env: Readonly<Record<string, string>>): string {
  const command = [
    path.join(root, 'node_modules/tsx/dist/cli.mjs'),
    'e2e/stacks/registersEngine.ts',
    ...args,
  ];
  // Into a file: the driver and the program both write to it, and neither waits for a reader.
  const file = path.join(cache, `${args[0]}.log`);
  const log = openSync(file, 'w');
  const { status } = spawnSync(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', log],
  });
  closeSync(log);
  const stderr = readFileSync(file, 'utf8');
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr.trim().slice(-300)}`);
  return stderr;
}

export async function registers(hear: (check: Check) => void): Promise<void> {
  const icd = await findSwiftShaderIcd();
  if (!icd) throw new Missing('a Chromium with SwiftShader beside it: npm test fetches one');
  const driver = mesaDriver('radeon', true);
  const env = { ...layers('nullExec'), LD_LIBRARY_PATH: vulkanLoader(), VK_ICD_FILENAMES: driver };
  mkdirSync(cache, { recursive: true });
  const file = path.join(cache, 'programs.json');
  half(['collect', file], { VK_ICD_FILENAMES: icd });
  const asked = (JSON.parse(readFileSync(file, 'utf8')) as unknown[]).length;
  for (const [family, generation] of Object.entries(CARDS)) {
    const found = readRegisters(
      half(['compile', file], { ...env, RADV_FORCE_FAMILY: family, RADV_DEBUG: 'shaderstats,nocache' }),
    );
    const read = found.filter(({ vector }) => Number.isFinite(vector)).length;
    hear({
      what: `${family} (${generation})`,
      ok: read === asked,
      detail: `${read} of ${asked} programs compiled`,
    });
    for (const set of new Set(found.flatMap(({ sets }) => sets))) {
      const list = found.filter(({ sets }) => sets.includes(set));
      const spilling = list.filter(({ spilled }) => spilled > 0);
      const most = list.toSorted((a, b) => b.spilled - a.spilled || b.vector - a.vector).slice(0, 3);
      const named = most.map(
        ({ name, vector, spilled, waves }) => `${name} ${vector}+${spilled}, ${waves} waves`,
      );
      // Large register tiles are for adapters on the processor, which have registers without end.
      const software = set.split(' + ').some((form) => ['wide', 'exchanged', 'winograd'].includes(form));
      const detail = `${spilling.length} of ${list.length} spill; most registers: ${named.join('; ')}`;
      hear({ what: `${family}, ${set}`, ok: software || spilling.length === 0, detail });
    }
  }
}
