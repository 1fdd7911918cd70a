// `npm test -- stacks`: the app on every WebGPU stack that a machine without a card can bring up, one row each. A row
// fetches what it needs; where that cannot be had it is passed over and says what is missing. Names as arguments run only
// those rows. The last file written is the count for `npm test`.

import { writeFileSync } from 'node:fs';
import { AppError } from '../../src/util/errors.ts';
import { Missing } from './parts.ts';
import { type Check, STACKS } from './stacks.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const wordsOf = (error: unknown) =>
  error instanceof AppError
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? error.message
      : String(error);

async function main(asked: readonly string[]): Promise<number> {
  const unknown = asked.find((name) => !Object.hasOwn(STACKS, name));
  if (unknown) {
    console.error(`There is no stack ${unknown}; there are ${Object.keys(STACKS).join(', ')}.`);
    return 2;
  }
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of asked.length > 0 ? asked : Object.keys(STACKS)) {
    const { what, run } = STACKS[name]!;
    const begin = performance.now();
    console.log(`\n${name}: ${what}`);
    const heard = ({ what: one, ok, detail }: Check) => {
      console.log(`  ${ok ? 'right' : 'WRONG'}  ${one}: ${detail}`);
      counts[ok ? 'passed' : 'failed']++;
    };
    try {
      await run(heard);
    } catch (error) {
      if (error instanceof Missing) {
        counts.skipped++;
        console.log(`  passed over: ${error.message}`);
      } else heard({ what: 'runs', ok: false, detail: wordsOf(error) });
    }
    console.log(`  ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  }
  const report = process.env.STACKS_REPORT;
  if (report) writeFileSync(report, JSON.stringify(counts));
  console.log(`\n${counts.passed} right, ${counts.failed} wrong, ${counts.skipped} passed over`);
  return counts.failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
