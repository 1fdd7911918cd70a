// What a run measured, as a table for people and as the object that --json writes.

import type { FramesResult } from './frames.ts';
import type { KernelRow } from './kernels.ts';
import type { MethodRow } from './methods.ts';
import type { ScalingRow } from './scaling.ts';
import type { EngineName, StepResult } from './worker.ts';

export interface EngineSteps {
  /** Null where the engine could not take the step; `error` says why. */
  readonly ms: number | null;
  readonly error: string | null;
  readonly losses: readonly number[];
  /** Of the first loss against ours. */
  readonly firstLossApart: number | null;
  readonly counts: StepResult['counts'] | null;
  /** GPU buffers made in all the timed steps together. */
  readonly buffersMade: number;
}

export interface Measured {
  readonly adapter: string;
  readonly date: string;
  readonly repeats: number;
  readonly steps?: Readonly<Record<EngineName, EngineSteps>>;
  readonly kernels?: readonly KernelRow[];
  readonly scaling?: readonly ScalingRow[];
  readonly methods?: readonly MethodRow[];
  readonly frames?: FramesResult;
}

export const LABELS: Record<EngineName, string> = {
  ours: 'this project',
  training: 'the same with its views rendered',
  jax: 'jax-js 0.1.25, WebGPU',
  stock: 'stock tfjs-webgpu 4.22',
  webgl: 'stock tfjs-webgl 4.22',
};

/** Largest relative difference of the first loss that still counts as the same step. */
const LOSS_TOLERANCE = 1e-3;
/** Largest relative difference of a kernel's results from stock. */
const KERNEL_TOLERANCE = 1e-4;

const number = (value: number | null | undefined, digits = 0) =>
  value === null || value === undefined ? '-' : value.toFixed(digits);
const mebibytes = (bytes: number | undefined) => (bytes ? number(bytes / 2 ** 20, 1) : '-');

/** Columns padded to their widest cell; the first is aligned left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map(line).join('\n');
}

export function stepTable(steps: NonNullable<Measured['steps']>): string {
  const counted = ['dispatches', 'submits', 'buffers made', 'peak MiB'];
  const head = ['one step', 'ms', 'to ours', ...counted, 'first loss', 'apart'];
  const rows = (Object.keys(LABELS) as EngineName[]).map((name) => {
    const { ms, losses, firstLossApart, counts, buffersMade } = steps[name];
    const gpu = name === 'webgl' ? null : counts;
    const ratio = ms !== null && steps.ours.ms ? `${number(ms / steps.ours.ms, 2)}x` : '-';
    return [
      LABELS[name],
      number(ms),
      ratio,
      number(gpu?.dispatches),
      number(gpu?.submits),
      gpu ? number(buffersMade) : '-',
      mebibytes(gpu?.peakBytes),
      number(losses[0], 5),
      firstLossApart === null ? '-' : firstLossApart.toExponential(1),
    ];
  });
  return table([head, ...rows]);
}

export function kernelTable(kernels: readonly KernelRow[]): string {
  const head = ['kernel', 'shape', 'ours ms', 'stock ms', 'ratio', 'apart'];
  const rows = kernels.map(({ name, shape, oursMs, stockMs, difference }) => [
    name,
    shape,
    number(oursMs, 1),
    number(stockMs, 1),
    `${number(stockMs / oursMs, 2)}x`,
    difference.toExponential(1),
  ]);
  return table([head, ...rows]);
}

export function scalingTable(rows: readonly ScalingRow[]): string {
  const head = ['our step', 'at', 'ms', 'to the one before'];
  const lines = rows.map(({ axis, value, ms, growth }) => [
    axis,
    `${value}`,
    number(ms, 1),
    growth === null ? '-' : `${number(growth, 2)}x`,
  ]);
  return table([head, ...lines]);
}

export function methodTable(rows: readonly MethodRow[]): string {
  const head = ['one step', 'px', 'fastest ms', 'to VICReg', 'at most', ''];
  const lines = rows.map(({ method, imageSize, ms, ratio, limit }) => [
    method,
    `${imageSize}`,
    number(ms, 1),
    `${number(ratio, 2)}x`,
    limit === null ? '-' : `${number(limit, 2)}x`,
    limit !== null && ratio > limit ? 'OVER' : '',
  ]);
  return table([head, ...lines]);
}

export function framesTable(frames: FramesResult): string {
  const columns = ['frames', 'median ms', 'worst ms', 'over 50 ms', 'long tasks', 'longest task ms', 'steps'];
  const words = {
    paused: 'paused',
    training: 'training',
    yielding: 'training, computing yields',
    four: 'the same, four charts',
    map: 'the same, a map of 10,000 films',
  } as const;
  const rows = (Object.keys(words) as (keyof typeof words)[]).flatMap((name) => {
    const seen = frames[name];
    if (!seen) return [];
    const row = [
      words[name],
      number(seen.frames),
      number(seen.medianMs, 1),
      number(seen.worstMs, 1),
      number(seen.slowFrames),
      number(seen.longTasks),
      number(seen.longestTaskMs, 1),
      number(seen.stepsTrained),
    ];
    return [row];
  });
  const { charts, points } = frames.training;
  return table([[`${charts} charts, ${points} points each`, ...columns], ...rows]);
}

/** Whatever is not the same computation after all. */
export function disagreements({ steps, kernels }: Measured): string[] {
  const engines = Object.entries(steps ?? {}).flatMap(([name, { firstLossApart, error, losses }]) => {
    if (error !== null) return [`${LABELS[name as EngineName]}: ${error.split('\n')[0]}`];
    if (losses.length === 0 || name === 'training') return [];
    const same = firstLossApart !== null && firstLossApart <= LOSS_TOLERANCE;
    return same ? [] : [`${LABELS[name as EngineName]}: its first loss differs`];
  });
  const differing = (kernels ?? []).filter(
    ({ difference, tolerance }) => !(difference <= (tolerance ?? KERNEL_TOLERANCE)),
  );
  return [...engines, ...differing.map(({ name, shape }) => `${name} ${shape}: results differ`)];
}

export function asJson({ adapter, date, repeats, steps, ...parts }: Measured): string {
  const step = steps && {
    ours_ms: steps.ours.ms,
    jax_ms: steps.jax.ms,
    stock_ms: steps.stock.ms,
    webgl_ms: steps.webgl.ms,
    training_ms: steps.training.ms,
    dispatches: (steps.training.counts ?? steps.ours.counts)?.dispatches ?? null,
    peak_bytes: (steps.training.counts ?? steps.ours.counts)?.peakBytes ?? null,
    stock_peak_bytes: steps.stock.counts?.peakBytes ?? null,
    engines: steps,
  };
  return `${JSON.stringify({ adapter, date, repeats, step, ...parts }, null, 2)}\n`;
}
