// What the native benchmark measured for one configuration, as a table for people.

import { table } from '../report.ts';
import type { Profile, ProfileRow } from './profile.ts';
import type { TorchFacts } from './torch.ts';

export interface Row {
  readonly name: string;
  /** Median per step. */
  readonly ms: number;
  /** Of the first step, before any update. */
  readonly loss: number;
}

export interface ProblemResult {
  readonly name: string;
  readonly batchSize: number;
  readonly width: number;
  readonly imageSize: number;
  readonly optimiser: string;
  readonly adapter: string;
  readonly torch: TorchFacts | null;
  /** Steps per timing. */
  readonly block: number;
  /** Of one step; see flops.ts. */
  readonly flops: number;
  /** Ours first. */
  readonly rows: readonly Row[];
  readonly profile?: Profile;
}

/** `peak` is what the card can do in float32, TFLOP/s. */
export function nativeTable(result: ProblemResult, peak: number | null): string {
  const { name, width, imageSize, batchSize, optimiser, adapter, torch, block, flops, rows } = result;
  const ours = rows[0]!;
  const head = ['one step', 'ms', 'to ours', 'TFLOP/s', ...(peak ? ['of peak'] : []), 'first loss', 'apart'];
  const lines = rows.map(({ name: engine, ms, loss }) => {
    const rate = flops / ms / 1e9;
    return [
      engine,
      ms.toPrecision(4),
      `${(ms / ours.ms).toFixed(2)}x`,
      rate.toFixed(rate < 1 ? 4 : 2),
      ...(peak ? [`${((100 * rate) / peak).toFixed(1)} %`] : []),
      loss.toFixed(5),
      Math.abs(loss / ours.loss - 1).toExponential(1),
    ];
  });
  const beside = torch ? `; PyTorch on ${torch.device}` : '';
  const setting = `width ${width}, ${imageSize} px, batch ${batchSize}, ${optimiser}`;
  const work = `${(flops / 1e9).toFixed(1)} GFLOP a step, ${block} steps a timing`;
  return `${name}: ${setting}\nAdapter: ${adapter}${beside}\n${work}\n\n${table([head, ...lines])}`;
}

/** Parts of the method, then the kernels and the kinds of programs that take the most. */
export function profileTable({ parts, kernels, programs }: Profile, most = 25): string {
  const lines = (head: string, rows: readonly ProfileRow[]) =>
    table([
      [head, 'dispatches', 'ms', 'of the step'],
      ...rows.map(({ name, dispatches, ms, share }) => [
        name,
        `${dispatches}`,
        ms.toFixed(2),
        `${(100 * share).toFixed(2)} %`,
      ]),
    ]);
  return [
    lines('part, dispatch by dispatch', parts),
    lines('kernel and first input', kernels.slice(0, most)),
    lines('programs that begin with', programs.slice(0, most)),
  ].join('\n\n');
}
