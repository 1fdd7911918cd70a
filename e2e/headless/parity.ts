// `parity`: checks a folder of recorded fixtures on this machine's GPU and prints how far every quantity is from its
// recorded value. Where a quantity has many tensors, the table shows the worst; the file of --json holds every row.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ParityRow } from '../../src/protocol/device.ts';
import { AppError } from '../../src/util/errors.ts';
import { existingFolder, readOptions, required, UsageError } from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { KERNEL_OPTIONS, KERNEL_USAGE, kernelOptions } from './kernels.ts';
import { duration, Progress } from './progress.ts';

const OPTIONS = {
  json: { type: 'string' },
  kinds: { type: 'string', default: '' },
  all: { type: 'boolean', default: false },
  ...KERNEL_OPTIONS,
} as const;

const isOutside = ({ ok, unchecked }: ParityRow) => !ok && !unchecked;

/** How bad a row is: above 1 it is outside. */
const badness = (row: ParityRow) =>
  row.tolerance > 0 ? row.error / row.tolerance : isOutside(row) ? Number.MAX_VALUE : 0;

/** A row's quantity with everything that tells it from others. */
const fullName = ({ quantity, of, note }: ParityRow) =>
  [quantity, of, note].filter((part) => part !== undefined).join(': ');

interface Line {
  readonly row: ParityRow;
  readonly quantity: string;
}

/** Of the tensors of one quantity the worst, and all that are outside. */
export function condense(rows: readonly ParityRow[]): Line[] {
  const groups = new Map<string, ParityRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.fixture, row.of === undefined ? fullName(row) : row.quantity]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((group) => {
    const [worst, ...others] = group.toSorted((a, b) => badness(b) - badness(a));
    const outside = others.filter(isOutside).map((row) => ({ row, quantity: fullName(row) }));
    const name = fullName(worst!);
    const quantity = group.length > 1 ? `${name} (worst of ${group.length})` : name;
    return [{ row: worst!, quantity }, ...outside];
  });
}

function number(value: number): string {
  if (value === 0) return '0';
  return value === Number.MAX_VALUE ? 'not finite' : value.toExponential(1);
}

export function table(lines: readonly Line[]): string {
  const cells = [
    ['fixture', 'quantity', 'error', 'tolerance', ''],
    ...lines.map(({ row, quantity }) => [
      row.fixture,
      quantity,
      row.unchecked ? '-' : number(row.error),
      row.unchecked ? '-' : number(row.tolerance),
      row.unchecked ? 'not checked' : row.ok ? 'within' : 'OUTSIDE',
    ]),
  ];
  const widths = [0, 1, 2, 3].map((c) => Math.max(...cells.map((row) => row[c]!.length)));
  return cells
    .map(([fixture, quantity, error, tolerance, verdict]) =>
      [
        fixture!.padEnd(widths[0]!),
        quantity!.padEnd(widths[1]!),
        error!.padStart(widths[2]!),
        tolerance!.padStart(widths[3]!),
        verdict,
      ]
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const leftOut = (rows: readonly ParityRow[]) =>
  rows.filter(({ unchecked }) => unchecked).map(({ fixture }) => fixture);

async function writeRows(file: string, rows: readonly ParityRow[]): Promise<void> {
  const plain = rows.map((row) => {
    const { fixture, error, tolerance, ok, unchecked } = row;
    return { fixture, quantity: fullName(row), error, tolerance, ok, ...(unchecked && { unchecked }) };
  });
  const full = path.resolve(file);
  await mkdir(path.dirname(full), { recursive: true });
  await writeFile(full, `[\n${plain.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
}

function readArguments(argv: readonly string[]) {
  const [folder, ...rest] = argv;
  if (!folder || folder.startsWith('--')) throw new UsageError('parity needs a folder of fixtures.');
  const { json, kinds, all, ...kernels } = readOptions(rest, OPTIONS);
  if (json !== undefined) required(json, 'json');
  return {
    folder: existingFolder(folder, 'folder'),
    json: json ?? null,
    kinds: kinds.split(',').filter(Boolean),
    all,
    kernels: kernelOptions(kernels),
  };
}

export const parity: Command = {
  usage: `parity DIR [--json FILE] [--kinds a,b] [--all] ${KERNEL_USAGE}`,
  summary:
    'Checks recorded fixtures on the GPU and prints errors beside tolerances; status 1 when one is outside or none is checked.',
  async run(argv) {
    const { folder, json, kinds, all, kernels } = readArguments(argv);
    const started = performance.now();
    const progress = new Progress();
    let fixtures = 0;
    const onFixture = (name: string) => progress.update('Checking', `${name} (fixture ${++fixtures})`);
    const { rows, adapter } = await withSession(
      (event) => {
        if (event.type === 'parity') onFixture(event.fixture);
      },
      async (session) => {
        await session.page.locator('#folder').setInputFiles(folder);
        const { vendor, architecture, description } = session.device;
        const adapter = [vendor, architecture, description].filter(Boolean).join(' ');
        return { rows: await session.call('parity', kinds), adapter };
      },
      { kernels },
    ).finally(() => progress.end());
    if (json !== null) await writeRows(json, rows);
    const lines = all ? rows.map((row) => ({ row, quantity: fullName(row) })) : condense(rows);
    console.log(table(lines));
    const checked = rows.filter(({ unchecked }) => !unchecked);
    const outside = checked.filter(isOutside).length;
    const left = rows.length - checked.length;
    const taken = duration((performance.now() - started) / 1000);
    console.log(
      `${checked.length - outside} within tolerance, ${outside} outside, ` +
        `${new Set(checked.map(({ fixture }) => fixture)).size} fixtures, on ${adapter}, ${taken}` +
        (left > 0 ? `; ${left} not checked: ${leftOut(rows).join(', ')}` : ''),
    );
    if (outside > 0 || checked.length === 0) {
      throw new AppError('values-disagree', `${outside} of ${checked.length} rows.`);
    }
  },
};
