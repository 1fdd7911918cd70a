// `npm test`: the set-up of `npm start` plus a Chromium, then types, lint, unit tests and browser tests. Every
// stage runs even if an earlier one failed. The last line printed is `N passed, N failed, N skipped`: tests of
// Vitest and Playwright, and one failure more for each stage that fails without failing tests.
// `npm test -- unit e2e` runs only the stages named; `faults`, the whole fault matrix, and `stacks`, every WebGPU stack
// that a machine without a card can bring up, run only when they are named.

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureChromium, softwareVulkan } from './chromium.mjs';
import { INTERRUPTED, main, root, runPackage, ToolError } from './process.mjs';
import { setUp } from './setup.mjs';

const reports = path.join(root, 'node_modules', '.cache', 'mlvicx-playground');
const none = { passed: 0, failed: 0, skipped: 0 };

function readReport(name) {
  try {
    return JSON.parse(readFileSync(path.join(reports, name), 'utf8'));
  } catch {
    return null;
  }
}

function vitestCounts(report) {
  const skipped = report.numPendingTests + report.numTodoTests;
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.length,
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length, skipped };
}

function playwrightCounts({ stats, errors }) {
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  };
}

const STAGES = {
  types: { script: 'typescript/bin/tsc', args: ['--noEmit'] },
  lint: { script: '@biomejs/biome/bin/biome', args: ['check', '--error-on-warnings', '.'] },
  unit: {
    script: 'vitest/vitest.mjs',
    args: [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${path.join(reports, 'unit.json')}`,
    ],
    report: 'unit.json',
    counts: vitestCounts,
    // Where the system offers large pages, the gigabytes of a step that is recorded at its full size come in a third of the time.
    env: { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
  },
  e2e: {
    script: 'playwright/cli.js',
    args: ['test', '-c', 'e2e', '--reporter=list,json'],
    report: 'e2e.json',
    counts: playwrightCounts,
  },
  faults: {
    script: 'playwright/cli.js',
    args: ['test', '-c', 'e2e', 'reliability.spec.ts', '--reporter=list,json'],
    report: 'e2e.json',
    counts: playwrightCounts,
    env: { FAULTS: 'all' },
    asked: true,
  },
  stacks: {
    script: 'tsx/dist/cli.mjs',
    args: ['e2e/stacks/main.ts'],
    report: 'stacks.json',
    counts: (report) => report,
    env: {
      STACKS_REPORT: path.join(reports, 'stacks.json'),
      // Firefox is spoken to over a WebSocket, which Node has by itself from version 22 on.
      ...(typeof WebSocket === 'undefined' && { NODE_OPTIONS: '--experimental-websocket' }),
    },
    asked: true,
  },
};

/** Runs one stage; a stage that fails without a failing test counts as one failure. */
async function runStage(name, env) {
  const { script, args, report, counts, env: own } = STAGES[name];
  console.log(`\n== ${name}`);
  if (report) rmSync(path.join(reports, report), { force: true });
  const status = await runPackage(script, args, { env: { ...env, ...own } });
  if (status === INTERRUPTED) throw new ToolError('Interrupted.');
  const read = report ? readReport(report) : null;
  const result = read ? counts(read) : none;
  if (status !== 0 && result.failed === 0) return { ...result, failed: 1 };
  return result;
}

await main(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !Object.hasOwn(STAGES, name));
  if (unknown)
    throw new ToolError(`There is no stage ${unknown}; there are ${Object.keys(STAGES).join(', ')}.`);
  await setUp();
  mkdirSync(reports, { recursive: true });
  const chromium = await ensureChromium();
  const env = {
    CHROMIUM_PATH: chromium,
    ...(await softwareVulkan()),
    PLAYWRIGHT_JSON_OUTPUT_FILE: path.join(reports, 'e2e.json'),
  };
  const total = { ...none };
  const always = Object.keys(STAGES).filter((name) => !STAGES[name].asked);
  for (const name of asked.length > 0 ? asked : always) {
    const result = await runStage(name, env);
    for (const key of Object.keys(total)) total[key] += result[key];
    if (result.failed > 0) console.log(`${name}: failed`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 ? 1 : 0;
});
