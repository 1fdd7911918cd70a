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
