// What is kept of the run at hand and what happened to it, as the page shows it: checkpoints and their size, notices, the
// way back after a blow-up. Runs of earlier visits are offered in resume.ts.

import { create } from 'zustand';
import type { EngineEvent, KeptStatus, Notice, Rollback } from '../../protocol/engine.ts';

interface KeepingState {
  readonly kept: KeptStatus | null;
  /** The latest, until it is closed. */
  readonly notice: Notice | null;
  readonly rollback: Rollback | null;
}

export const useKeeping = create<KeepingState>()(() => ({ kept: null, notice: null, rollback: null }));

export const closeNotice = (): void => useKeeping.setState({ notice: null });

export const showNotice = (notice: Notice): void => useKeeping.setState({ notice });

/** Another run is at hand. */
export const forgetKeeping = (): void => useKeeping.setState({ kept: null, notice: null, rollback: null });

export function noteKeeping(event: Extract<EngineEvent, { type: 'kept' | 'notice' | 'failed' }>): void {
  if (event.type === 'kept') useKeeping.setState({ kept: event.kept });
  else if (event.type === 'notice') showNotice(event.notice);
  else useKeeping.setState({ rollback: event.rollback });
}
