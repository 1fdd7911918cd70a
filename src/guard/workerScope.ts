// The first import of every worker: makes it read-only, reports its requests and refusals to the page, and knows
// whether the policy is in force in it. Named by the worker's own name.

import { AppError } from '../util/errors.ts';
import { policyHolds } from './policyProbe.ts';
import { makeReadOnly } from './readOnly.ts';
import { noteViolations, onRefusal } from './refusals.ts';
import { type Asker, CHANNEL, type RequestRow, watchResources } from './requestRows.ts';

const NAMED: readonly Asker[] = ['engine', 'intake'];

function start(): void {
  const asker = NAMED.find((name) => self.name.startsWith(name)) ?? 'decode';
  const channel = new BroadcastChannel(CHANNEL);
  const tell = (rows: RequestRow[]) => channel.postMessage(rows);
  noteViolations(self);
  onRefusal(({ at, address, kind }) =>
    tell([{ at, asker, address, kind, outcome: 'refused', sent: 0, received: 0 }]),
  );
  watchResources(asker, tell);
  makeReadOnly(globalThis);
}

/** In Node, where tests run the workers' code, there is neither a scope to guard nor a network policy. */
const inWorker =
  typeof self !== 'undefined' && typeof BroadcastChannel !== 'undefined' && 'importScripts' in self;
if (inWorker) start();

/** @throws AppError not-protected, so that no film is opened in a worker that could send it away */
export async function requireProtection(): Promise<void> {
  if (!(await policyHolds()))
    throw new AppError('not-protected', 'the policy is not in force in this worker.');
}
