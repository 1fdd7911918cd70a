// What the engine is doing, in the words of the page; the same in the transport and for screen readers.

import { isAtWork } from '../../protocol/engine.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { type SessionState, useSession } from '../../store/session.ts';
import { formatCount } from '../../util/format.ts';

function ofEngine({ status, busy, compile, ended, asleep }: SessionState): string | null {
  if (asleep) return null;
  if (compile) return `compiling ${compile.done} of ${compile.total} kernels`;
  if (busy === 'opening') return 'opening the GPU';
  if (busy === 'stopping') return 'ending';
  switch (status.state) {
    case 'closed':
      return 'no GPU';
    case 'idle':
      return busy === 'preparing' ? 'preparing' : null;
    case 'compiling':
      return 'compiling';
    case 'ready':
      return 'ready';
    case 'running':
      return 'training';
    case 'recovering':
      return 'going back to where it was';
    case 'paused':
      return ended ? 'ended' : 'paused';
    case 'evaluating':
      return 'evaluating';
    case 'testing':
      return 'testing the GPU';
    case 'done':
      return 'done';
    case 'failed':
      return 'halted';
    default:
      return status.state satisfies never;
  }
}

export function useStatusWords(): string {
  const engine = useSession(ofEngine);
  const films = useDataset(({ phase, progress, listed, summary }) => {
    if (phase === 'listing') return `listing files${listed ? `, ${formatCount(listed)} so far` : ''}`;
    if (phase === 'reading')
      return `reading films ${formatCount(progress.done)} of ${formatCount(progress.total)}`;
    return summary ? 'press Play to train' : 'no films';
  });
  return engine ?? films;
}

/** What stands where curves will be: how they begin, or why they cannot. */
export function useBeginWords(): string {
  const closed = useSession(({ facts, busy, asleep }) => facts === null && busy === null && !asleep);
  const failed = useSession(({ status }) => status.state === 'failed');
  const begun = useSession(({ status, busy }) => isAtWork(status.state) || busy === 'preparing');
  const films = useDataset(({ phase }) => phase !== 'empty' && phase !== 'failed');
  if (closed) return 'Without a graphics adapter nothing is trained. Films can be read and looked at.';
  if (begun) return 'The curves begin with the first step.';
  if (failed) return 'The run was halted before its first step.';
  if (!films) return 'No films are at hand: choose a folder or the synthetic set under Data.';
  return 'The curves begin with the first step: press Play.';
}
