// The self-test: every kernel on this GPU against its plain loops, then one whole training step of each method, row by row; at the end
// one sentence that says how exactly this GPU computes. Nothing of a prepared run is touched.

import type { Kernel } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import type { Case } from '../../gpu/kernels/parts/case.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { METHOD_NAMES } from '../../methods/records.ts';
import { KERNEL_LABELS, type SelfTestReport, type SelfTestRow } from '../../protocol/device.ts';
import { checkKernel } from './checkKernel.ts';
import { checkStep, STEP_ROWS } from './checkStep.ts';

interface Subject {
  readonly name: string;
  readonly kernel: Kernel<string, object>;
  readonly cases: readonly Case<string, object>[];
}

/** Kernel and cases belong together by the type of the table; from here on that is all the same. */
const SUBJECTS: readonly Subject[] = (Object.keys(KERNEL_TABLE) as KernelName[]).map((name) => ({
  ...(CASES[name] as Pick<Subject, 'cases'>),
  name: KERNEL_LABELS[name],
  kernel: KERNEL_TABLE[name] as unknown as Kernel<string, object>,
}));

const TOTAL = SUBJECTS.reduce((sum, { cases }) => sum + cases.length, STEP_ROWS);

/** @param onRow is called with each row as soon as it is known, and with how many there will be */
export async function runSelfTest(
  runtime: Runtime,
  onRow: (row: SelfTestRow, total: number) => unknown,
): Promise<SelfTestReport> {
  const started = performance.now();
  const rows: SelfTestRow[] = [];
  const add = async (row: SelfTestRow) => {
    rows.push(row);
    // Waited for: over a port of its own, the last rows could come after the end of this call.
    await onRow(row, TOTAL);
  };
  for (const { name, kernel, cases } of SUBJECTS) {
    for (const one of cases) await add(await checkKernel(runtime, name, kernel, one));
  }
  for (const method of METHOD_NAMES) {
    for (const row of await checkStep(runtime, method)) await add(row);
  }
  runtime.trim();
  const ok = rows.every((row) => row.ok);
  return { rows, ok, sentence: verdict(rows), seconds: (performance.now() - started) / 1000 };
}

/** 3.2e-6 is "1e-5": the next power of ten. */
const atMost = (error: number) => `1e${Math.ceil(Math.log10(Math.max(error, 1e-7)))}`;

export function verdict(rows: readonly SelfTestRow[]): string {
  const failed = rows.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    const names = [...new Set(failed.map(({ name }) => name))];
    const listed = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
    return `This GPU does not compute correctly: ${failed.length} of ${rows.length} checks failed (${listed}).`;
  }
  const to = (part: SelfTestRow['part']) => {
    const measured = rows.filter((row) => row.part === part && row.unit === 'relative');
    return atMost(Math.max(...measured.map(({ error }) => error ?? 0)));
  };
  return `This GPU computes every kernel correctly to ${to('kernel')}, and a training step of every method to ${to('step')}.`;
}
