// Where a step's time goes: the dispatches of one step are written down as they are recorded, with the kernel that asked for
// them, and then each is run again alone between two timestamps. Sums over kernels, over the parts of the method, and over
// programs of one kind, which are the passes over a map that a kernel takes.

import { tf } from '../../../src/gpu/backend.ts';
import type { Runtime } from '../../../src/gpu/runtime.ts';

interface Dispatch {
  readonly kernel: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly groups: Parameters<GPUComputePassEncoder['dispatchWorkgroups']>;
}

/** Of one step. */
export interface Profile {
  readonly parts: ProfileRow[];
  readonly kernels: ProfileRow[];
  readonly programs: ProfileRow[];
}

export interface ProfileRow {
  /** Kernel with the shape of its first input, a part of the method, or what names of programs begin with. */
  readonly name: string;
  readonly dispatches: number;
  readonly ms: number;
  /** Of the sum over all dispatches, 0 to 1. */
  readonly share: number;
}

const ROUNDS = 3;
const POSITIONS = 16;

/** Writes down what `record` dispatches. It must not wait, and what it records is submitted before this returns. */
function dispatchesOf(record: () => void): Dispatch[] {
  const seen: Dispatch[] = [];
  const prototype = GPUComputePassEncoder.prototype;
  const { setPipeline, setBindGroup, dispatchWorkgroups } = prototype;
  const engine = tf.engine();
  const runKernel = engine.runKernel;
  let kernel = '';
  let pipeline: GPUComputePipeline;
  let group: GPUBindGroup;
  prototype.setPipeline = function (given) {
    pipeline = given;
    return setPipeline.call(this, given);
  };
  prototype.setBindGroup = function (this: GPUComputePassEncoder, ...given: [number, GPUBindGroup]) {
    group = given[1];
    return Reflect.apply(setBindGroup, this, given);
  } as typeof setBindGroup;
  prototype.dispatchWorkgroups = function (...groups) {
    seen.push({ kernel, pipeline, group, groups });
    return dispatchWorkgroups.apply(this, groups);
  };
  engine.runKernel = ((name, inputs, attrs) => {
    const [first] = Object.values(inputs);
    kernel = `${name.replace(/^Mlv/, '')} ${first?.shape.join('x') ?? ''}`;
    return runKernel.call(engine, name, inputs, attrs);
  }) as typeof runKernel;
  try {
    record();
  } finally {
    Object.assign(prototype, { setPipeline, setBindGroup, dispatchWorkgroups });
    engine.runKernel = runKernel;
  }
  return seen;
}

/** Milliseconds of one dispatch, the least of a few. */
async function timeOf(device: GPUDevice, { pipeline, group, groups }: Dispatch): Promise<number> {
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const stamps = device.createBuffer({
    size: 16,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const staging = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...groups);
    pass.end();
    encoder.resolveQuerySet(querySet, 0, 2, stamps, 0);
    encoder.copyBufferToBuffer(stamps, 0, staging, 0, 16);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(staging.getMappedRange());
    least = Math.min(least, Number(end! - begin!) / 1e6);
    staging.unmap();
  }
  for (const made of [querySet, stamps, staging]) made.destroy();
  return least;
}

const PARTS: readonly (readonly [string, (kernel: string, views: number) => boolean])[] = [
  ['level operator', (kernel) => kernel.startsWith('LevelPool')],
  [
    '1x1 projections of the levels',
    (kernel, views) => new RegExp(`^Dense\\w* ${POSITIONS * views}x`).test(kernel),
  ],
  ['VICReg terms and gradient', (kernel) => kernel.startsWith('Vicreg')],
  ['convolutions', (kernel) => kernel.startsWith('Conv')],
  ['batch norm', (kernel) => kernel.startsWith('BatchNorm')],
  ['context bottlenecks', (kernel) => kernel.startsWith('Bottleneck')],
  ['projectors', (kernel) => kernel.startsWith('Dense')],
  ['optimiser', (kernel) => /^(Lars|Adamw)/.test(kernel)],
  ['the rest', () => true],
];

function summed(entries: readonly { name: string; ms: number }[]): ProfileRow[] {
  const total = entries.reduce((sum, { ms }) => sum + ms, 0);
  const rows = new Map<string, { dispatches: number; ms: number }>();
  for (const { name, ms } of entries) {
    const row = rows.get(name) ?? { dispatches: 0, ms: 0 };
    rows.set(name, { dispatches: row.dispatches + 1, ms: row.ms + ms });
  }
  const listed = [...rows].map(([name, row]) => ({ name, ...row, share: row.ms / total }));
  return listed.sort((a, b) => b.ms - a.ms);
}

/** Profiles one step; `views` are the images in it, both views counted. @throws Error without timestamps */
export async function profileStep({ device }: Runtime, views: number, record: () => void): Promise<Profile> {
  if (!device.features.has('timestamp-query')) throw new Error('this adapter has no timestamps.');
  const dispatches = dispatchesOf(record);
  await device.queue.onSubmittedWorkDone();
  const timed: { kernel: string; program: string; ms: number }[] = [];
  for (const dispatch of dispatches) {
    const [program] = /^[a-z]+(_[a-z]+)?/i.exec(dispatch.pipeline.label) ?? [''];
    timed.push({ kernel: dispatch.kernel, program, ms: await timeOf(device, dispatch) });
  }
  const partOf = (kernel: string) => PARTS.find(([, holds]) => holds(kernel, views))![0];
  return {
    parts: summed(timed.map(({ kernel, ms }) => ({ name: partOf(kernel), ms }))),
    kernels: summed(timed.map(({ kernel, ms }) => ({ name: kernel, ms }))),
    programs: summed(timed.map(({ program, ms }) => ({ name: program, ms }))),
  };
}
