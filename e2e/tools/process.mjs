// Running other programs from the tools: output passed through or captured, and one way to fail.
// Plain Node without packages, because it runs before anything is installed.

import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A failure that is fully said in its one line; no stack is printed for it. */
export class ToolError extends Error {}

export const INTERRUPTED = 130;

/**
 * Runs a program in the repository root; resolves to its exit status, 127 where it cannot start. Ctrl+C reaches
 * the program too: it is given time to clear up, and the status is INTERRUPTED.
 */
export function run(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve) => {
    let interrupted = false;
    const interrupt = () => {
      interrupted = true;
    };
    process.on('SIGINT', interrupt);
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['inherit', quiet ? 'ignore' : 'inherit', quiet ? 'ignore' : 'inherit'],
      shell: process.platform === 'win32' && command === 'npm',
    });
    child.on('error', () => resolve(127));
    child.on('close', (status) => {
      process.removeListener('SIGINT', interrupt);
      resolve(interrupted ? INTERRUPTED : (status ?? 1));
    });
  });
}

/** Runs the command-line script of an installed package with this Node. */
export const runPackage = (script, args, options) =>
  run(process.execPath, [`node_modules/${script}`, ...args], options);

/** True when the program starts and ends well. */
export function answers(command, args = ['--version']) {
  const { status, error } = spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 });
  return !error && status === 0;
}

/** Runs a tool's main function; a ToolError is one line and status 1, anything else keeps its stack. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof ToolError ? error.message : error);
    process.exitCode = 1;
  }
}
