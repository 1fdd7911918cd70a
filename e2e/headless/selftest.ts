// `selftest`: every kernel and one whole training step on this machine's GPU beside plain loops, as the Device view of
// the page does it.

import { writeFile } from 'node:fs/promises';
import type { SelfTestReport, SelfTestRow } from '../../src/protocol/device.ts';
import { AppError } from '../../src/util/errors.ts';
import { readOptions } from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { KERNEL_OPTIONS, KERNEL_USAGE, kernelOptions, machineReport } from './kernels.ts';
import { duration, Progress } from './progress.ts';

const OPTIONS = { json: { type: 'string' }, ...KERNEL_OPTIONS } as const;

function errorText({ error, unit }: SelfTestRow): string {
  if (error === null) return 'none';
  if (unit === 'levels') return `${error} of 255`;
  return error === 0 ? '0' : error.toExponential(1);
}

function selfTestTable({ rows, sentence }: SelfTestReport): string {
  const cells = rows.map((row) => [
    row.name,
    row.detail,
    errorText(row),
    row.ok ? 'right' : 'WRONG',
    row.fault ?? '',
  ]);
  const all = [['what', 'of', 'error', '', ''], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = ([name, detail, error, verdict, fault]: readonly string[]) =>
    [name!.padEnd(widths[0]!), detail!.padEnd(widths[1]!), error!.padStart(widths[2]!), verdict, fault]
      .join('  ')
      .trimEnd();
  return [...all.map(line), '', sentence].join('\n');
}

export const selftest: Command = {
  usage: `selftest [--json FILE] ${KERNEL_USAGE}`,
  summary: 'Compares every kernel and one training step with plain loops; status 1 when one is wrong.',
  async run(argv) {
    const { json, ...given } = readOptions(argv, OPTIONS);
    const kernels = kernelOptions(given);
    const progress = new Progress();
    let done = 0;
    const { report, device } = await withSession(
      (event) => {
        if (event.type === 'self-test')
          progress.update('Testing', `${++done} of ${event.total}: ${event.row.name}`);
      },
      async (session) => ({ report: await session.call('selfTest'), device: session.device }),
      { kernels },
    ).finally(() => progress.end());
    if (json !== undefined)
      await writeFile(json, `${JSON.stringify({ ...machineReport(device), ...report }, null, 2)}\n`);
    console.log(selfTestTable(report));
    console.log(`${report.rows.length} checks in ${duration(report.seconds)}`);
    if (!report.ok) throw new AppError('values-disagree', report.sentence);
  },
};
