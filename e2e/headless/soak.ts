// `soak`: trains the smoke preset over and over, with faults drawn at random, for as long as asked. Every sample is held
// against the run that nothing struck; memory is measured between runs. Fails on the first thing that is not as it should be.

import path from 'node:path';
import { presetConfig } from '../../src/config/presets.ts';
import { AppError } from '../../src/util/errors.ts';
import { formatBytes } from '../../src/util/format.ts';
import { Rng } from '../../src/util/rng.ts';
import { configure, readOptions, settings, UsageError, wholeNumber } from './arguments.ts';
import { type Session, withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { makeFolder, writeReport } from './outputs.ts';
import { duration } from './progress.ts';
import { SOAK_FAULTS } from './soakFaults.ts';
import { SoakRun } from './soakRun.ts';

const OPTIONS = {
  minutes: { type: 'string', default: '30' },
  faults: { type: 'string', default: 'random' },
  seed: { type: 'string', default: '1' },
  steps: { type: 'string', default: '120' },
  set: { type: 'string', multiple: true, default: [] as string[] },
  out: { type: 'string' },
} as const;

interface Cycle {
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly heapBytes: number | null;
  readonly gpuReservedBytes: number;
}

/** Of heap and GPU: the later half may lie above the earlier by this share and amount. */
const GROWTH = 1.25;
const GROWTH_BYTES = 16e6;

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Whether a measurement grows from run to run; the first one, in which much is made once, does not count. */
export function grows(values: readonly number[]): boolean {
  const [, ...rest] = values;
  if (rest.length < 4) return false;
  const half = rest.length >> 1;
  return mean(rest.slice(-half)) > GROWTH * mean(rest.slice(0, half)) + GROWTH_BYTES;
}

async function heapOf(session: Session): Promise<number | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, 60_000, null));
  return Promise.race([session.call('heap'), late]);
}

function chosenFaults(text: string): string[] {
  const names = Object.keys(SOAK_FAULTS);
  if (text === 'random') return names;
  if (text === 'none') return [];
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown) throw new UsageError(`there is no fault "${unknown}"; there are ${names.join(', ')}.`);
  return asked;
}

async function oneRun(
  run: SoakRun,
  config: ReturnType<typeof configure>,
  faults: readonly string[],
  rng: Rng,
) {
  run.begin();
  await run.call('inject', []);
  await run.call('prepare', config);
  await run.keepOften();
  await run.call('play');
  const spread = Math.floor(config.maxSteps / (faults.length + 1));
  for (const name of faults) {
    const { step: at, state } = await run.call('pause');
    const step = at + 2 + Math.floor(rng.uniform(0, spread));
    if (state !== 'paused' || step > config.maxSteps - 4) break;
    const { inject, after } = SOAK_FAULTS[name]!;
    await run.call('inject', inject?.(step) ?? []);
    await run.call('play');
    await after(run, step);
    run.struck.push(name);
    if (run.state !== 'failed') continue;
    // The third loss within ten minutes halts a run with advice; anything else that halts one is an offence.
    await run.falls('failed');
    if (!run.failure.startsWith('device-lost-often')) break;
    await run.call('restart');
    await run.films();
    await run.resume();
  }
  await run.ends();
  if (run.state !== 'done') run.offences.push(`the run ended ${run.state}: ${run.failure}`);
  if (run.rows !== config.maxSteps) run.offences.push(`${run.rows} rows for ${config.maxSteps} steps`);
}

export const soak: Command = {
  usage:
    'soak [--minutes M] [--faults random|none|NAME,…] [--seed S] [--steps N] [--set key=value …] [--out DIR]',
  summary: 'Trains the smoke preset under random faults and checks that nothing of it shows in the curves.',
  async run(argv) {
    const values = readOptions(argv, OPTIONS);
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) throw new UsageError(`--minutes ${values.minutes} is not a time.`);
    const names = chosenFaults(values.faults);
    const given = { maxSteps: wholeNumber(values.steps, 'steps', 40), ...settings(values.set) };
    const config = configure(presetConfig('smoke'), given);
    const rng = new Rng(wholeNumber(values.seed, 'seed', 0), 'share');
    const folder = values.out === undefined ? null : await makeFolder(values.out);
    const cycles: Cycle[] = [];
    const struck: Record<string, number> = {};
    let hear: SoakRun['hear'] = () => undefined;
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;

    await withSession(
      (event) => hear(event),
      async (session) => {
        const run = new SoakRun(session, config);
        hear = run.hear;
        await run.films();
        while (cycles.length === 0 || elapsed() < minutes * 60) {
          const drawn = cycles.length === 0 ? 0 : Math.min(names.length, 1 + Math.floor(rng.uniform(0, 3)));
          const planned = Array.from(
            { length: drawn },
            () => names[Math.floor(rng.uniform(0, names.length))]!,
          );
          const before = elapsed();
          await oneRun(run, config, planned, rng);
          if (cycles.length === 0) run.becomeReference();
          const heapBytes = await heapOf(session);
          const faults = [...run.struck];
          const cycle = { faults, seconds: elapsed() - before, heapBytes, gpuReservedBytes: run.reserved };
          cycles.push(cycle);
          for (const name of run.struck) struck[name] = (struck[name] ?? 0) + 1;
          const heap = heapBytes === null ? '' : `, heap ${formatBytes(heapBytes)}`;
          const words = faults.length > 0 ? faults.join(' + ') : 'reference, no faults';
          console.log(
            `${duration(elapsed())}: ${words}: ${run.offences.length === 0 ? 'same curves' : 'WRONG'}, ` +
              `GPU ${formatBytes(run.reserved)} reserved${heap}`,
          );
          if (run.offences.length > 0) break;
          await run.call('clearRuns');
        }
        const heaps = cycles.flatMap(({ heapBytes }) => (heapBytes === null ? [] : [heapBytes]));
        const gpu = cycles.map(({ gpuReservedBytes }) => gpuReservedBytes);
        if (grows(heaps)) run.offences.push(`the heap grows: ${heaps.map(formatBytes).join(', ')}`);
        if (grows(gpu)) run.offences.push(`GPU memory grows: ${gpu.map(formatBytes).join(', ')}`);
        const { offences, samples } = run;
        const total = Object.values(struck).reduce((a, b) => a + b, 0);
        const report = {
          command: 'soak',
          config,
          seconds: elapsed(),
          runs: cycles.length,
          faults: struck,
          samples,
          offences,
          cycles,
        };
        if (folder) await writeReport(folder, report);
        console.log(
          `${total} faults in ${cycles.length} runs, ${samples} samples compared, ${offences.length} offences`,
        );
        for (const [name, count] of Object.entries(struck))
          console.log(`  ${String(count).padStart(4)}  ${name}`);
        if (folder) console.log(`See ${path.relative('.', folder)}`);
        if (offences.length > 0) throw new AppError('values-disagree', offences.slice(0, 3).join('; '));
      },
      { faulty: true },
    );
  },
};
