// What a run measured, as a table for people and as the object that --json writes.

import type { KernelRow } from './kernels.ts';
import type { EngineName, StepResult } from './worker.ts';

export interface EngineSteps {
  /** Null where the engine could not take the step; `error` says why. */
  readonly ms: number | null;
  readonly error: string | null;
  readonly losses: readonly number[];
  /** Of the first loss against ours. */
  readonly firstLossApart: number | null;
  readonly counts: StepResult['counts'] | null;
}

export interface Measured {
  readonly adapter: string;
  readonly date: string;
  readonly repeats: number;
  steps?: Readonly<Record<EngineName, EngineSteps>>;
  kernels?: readonly KernelRow[];
}

export const LABELS: Record<EngineName, string> = {
  ours: 'this project',
  jax: 'jax-js 0.1.25, WebGPU',
  stock: 'stock tfjs-webgpu 4.22',
  webgl: 'stock tfjs-webgl 4.22',
};

/** Largest relative difference of the first loss that still counts as the same step. */
export const LOSS_TOLERANCE = 1e-3;
/** Largest relative difference of a kernel's results from stock. */
export const KERNEL_TOLERANCE = 1e-4;

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
  const head = ['one step', 'ms', 'to ours', 'dispatches', 'submits', 'peak MiB', 'first loss', 'apart'];
  const rows = (Object.keys(LABELS) as EngineName[]).map((name) => {
    const { ms, losses, firstLossApart, counts } = steps[name];
    const gpu = name === 'webgl' ? null : counts;
    const ratio = ms !== null && steps.ours.ms ? `${number(ms / steps.ours.ms, 2)}x` : '-';
    return [
      LABELS[name],
      number(ms),
      ratio,
      number(gpu?.dispatches),
      number(gpu?.submits),
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

/** Whatever is not the same computation after all. */
export function disagreements({ steps, kernels }: Measured): string[] {
  const engines = Object.entries(steps ?? {}).flatMap(([name, { firstLossApart, error, losses }]) => {
    if (error !== null) return [`${LABELS[name as EngineName]}: ${error.split('\n')[0]}`];
    if (losses.length === 0) return [];
    const same = firstLossApart !== null && firstLossApart <= LOSS_TOLERANCE;
    return same ? [] : [`${LABELS[name as EngineName]}: its first loss differs`];
  });
  const differing = (kernels ?? []).filter(({ difference }) => !(difference <= KERNEL_TOLERANCE));
  return [...engines, ...differing.map(({ name, shape }) => `${name} ${shape}: results differ`)];
}

export function asJson({ adapter, date, repeats, steps, kernels }: Measured): string {
  const step = steps && {
    ours_ms: steps.ours.ms,
    jax_ms: steps.jax.ms,
    stock_ms: steps.stock.ms,
    webgl_ms: steps.webgl.ms,
    dispatches: steps.ours.counts?.dispatches ?? null,
    peak_bytes: steps.ours.counts?.peakBytes ?? null,
    stock_peak_bytes: steps.stock.counts?.peakBytes ?? null,
    engines: steps,
  };
  return `${JSON.stringify({ adapter, date, repeats, step, kernels }, null, 2)}\n`;
}
