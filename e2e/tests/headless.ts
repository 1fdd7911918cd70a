// Runs the headless runner as a script would, on the software adapter unless GPU says otherwise.

import { execFile } from 'node:child_process';
import path from 'node:path';

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

const script = path.resolve('e2e/tools/headless.mjs');

export function headless(...argv: string[]): Promise<Outcome> {
  const env = { ...process.env, GPU: process.env.GPU ?? 'software' };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...argv], { env }, (error, out, err) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err });
    });
  });
}

/** Begins the command and interrupts it as soon as `when` holds. */
export function cutHeadless(argv: readonly string[], when: () => boolean): Promise<void> {
  const env = { ...process.env, GPU: process.env.GPU ?? 'software' };
  return new Promise((resolve) => {
    // The runner itself, not the set-up around it: that is whom the signal is for.
    const runner = ['node_modules/tsx/dist/cli.mjs', 'e2e/headless/main.ts', ...argv];
    const child = execFile(process.execPath, runner, { env }, () => {
      clearInterval(timer);
      resolve();
    });
    const timer = setInterval(() => {
      if (!when()) return;
      clearInterval(timer);
      child.kill('SIGINT');
    }, 50);
  });
}
