// What a run costs before its first step: each program of that step is compiled alone, one after the other, and the processor
// time of this process says what it took. On the software adapter that is the driver's compiler; a card's works here as well.

import type { Config } from '../../../src/config/schema.ts';
import { Pretrainer } from '../../../src/train/pretrain.ts';
import { syntheticFilms } from '../films.ts';
import { openOurDevice } from '../ours.ts';
import { table } from '../report.ts';

export interface ProgramTime {
  readonly name: string;
  /** Processor time, all threads of this process. */
  readonly ms: number;
}

export interface StartResult {
  readonly name: string;
  readonly adapter: string;
  readonly programs: readonly ProgramTime[];
  /** Processor time of the steps after the first, each. */
  readonly steps: readonly number[];
}

const STEPS = 5;

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Compiles the programs of a run's first step one by one, and takes a few steps. */
export async function timeStart(name: string, config: Config): Promise<StartResult> {
  const device = await openOurDevice();
  const gpu = device.runtime.device;
  const films = syntheticFilms(2 * config.batchSize, config.planeSize);
  const run = new Pretrainer({ ...config, maxSteps: 1 + STEPS }, films, device.runtime);
  const programs: ProgramTime[] = [];
  const { createComputePipeline } = gpu;
  const timed = (descriptor: GPUComputePipelineDescriptor) => {
    const begin = processorMs();
    const pipeline = createComputePipeline.call(gpu, descriptor);
    programs.push({ name: descriptor.label ?? '', ms: processorMs() - begin });
    return pipeline;
  };
  // What the step of stock operations compiles by itself is counted, too.
  gpu.createComputePipeline = timed;
  gpu.createComputePipelineAsync = async (descriptor) => timed(descriptor);
  try {
    await run.compile(() => {});
    await run.submitStep();
    const steps: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const begin = processorMs();
      await run.submitStep();
      steps.push(processorMs() - begin);
    }
    device.refuseFaults();
    return { name, adapter: device.adapter, programs, steps };
  } finally {
    run.dispose();
    device.close();
  }
}

/** The sum, and the programs that take the most. */
export function startTable({ name, adapter, programs, steps }: StartResult, most = 25): string {
  const total = programs.reduce((sum, { ms }) => sum + ms, 0);
  const sorted = programs.toSorted((a, b) => b.ms - a.ms).slice(0, most);
  const least = Math.min(...steps);
  const lines = sorted.map((program) => [
    program.name,
    program.ms.toFixed(0),
    `${((100 * program.ms) / total).toFixed(1)} %`,
  ]);
  return `${name}: ${programs.length} programs before the first step, ${(total / 1000).toFixed(1)} s of processor time; a step ${least.toFixed(0)} ms
Adapter: ${adapter}

${table([['program', 'ms of processor time', 'of all'], ...lines])}`;
}
