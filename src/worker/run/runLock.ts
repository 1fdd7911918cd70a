// Only one engine at a time has a run at hand, in this tab or any other: whoever has it holds a Web Lock, which the
// browser takes back when worker or tab go away. Where there are no locks (tests in Node) nothing is held.

import { runLockName } from '../../protocol/vault.ts';
import { AppError } from '../../util/errors.ts';

/** A worker that was just ended may hold its lock a little longer. */
const PATIENCE_MS = 1500;

/** Returns the way to let go. @throws AppError run-in-use */
export function holdRun(id: string): Promise<() => void> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(() => undefined);
  return new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve(release));
    const refused = (cause: unknown) => reject(new AppError('run-in-use', '', { cause }));
    locks.request(runLockName(id), { signal: AbortSignal.timeout(PATIENCE_MS) }, held).catch(refused);
  });
}
