// Does the pieces of a study with the engine of the page. A run of a study is a run like any other: it is kept, listed and
// drawn, and one that was cut off is taken up from its last checkpoint.

import { EMPTY_STATUS, type RunStatus } from '../../protocol/engine.ts';
import type { Job, StudyHost } from '../../study/queue.ts';
import type { Finished, StudyState, Trained } from '../../study/state.ts';
import { AppError, BLOW_UPS, fromWire } from '../../util/errors.ts';
import { readBegun, writeBegun, writePiece } from '../../vault/studyFile.ts';
import { currentClient } from '../client.ts';
import { prepareRun } from '../run/acts.ts';
import { useKeeping } from '../run/keeping.ts';
import { listed, takeUp } from '../run/resume.ts';
import { dismissError, useSession } from '../session.ts';

const isMissing = (thrown: unknown) => thrown instanceof AppError && thrown.code === 'run-missing';
const finished = ({ step, totalSteps }: RunStatus) => totalSteps > 0 && step >= totalSteps;

/** Takes up the run that is kept under this id; false where it is there no more. */
async function takenUp(runId: string | null): Promise<boolean> {
  if (runId === null) return false;
  if (useSession.getState().status.runId === runId && useSession.getState().runConfig) return true;
  try {
    await takeUp(runId);
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

/** Until the run at hand is over, or stands because the study is halted. @throws AppError why it failed, or cancelled */
function ended(halted: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false;
    const look = ({ status, error }: ReturnType<typeof useSession.getState>) => {
      const { state } = status;
      if (state === 'running' && halted() && !asked) {
        asked = true;
        currentClient().engine.pause().catch(reject);
      }
      const over = state === 'done' || state === 'failed' || state === 'closed';
      if (!over && !(state === 'paused' && halted())) return;
      stop();
      if (finished(status) && state === 'done') resolve();
      else if (state === 'failed' && error) reject(fromWire(error));
      else reject(new AppError('cancelled'));
    };
    const stop = useSession.subscribe(look);
    look(useSession.getState());
  });
}

export class PageHost implements StudyHost {
  readonly onState: (state: StudyState, job: Job | null) => void;
  readonly halted: () => boolean;
  readonly #state: () => StudyState;
  /** The run that the engine has at hand, trained to its end. */
  #atHand = '';

  constructor(parts: Pick<StudyHost, 'onState' | 'halted'> & { readonly state: () => StudyState }) {
    this.onState = parts.onState;
    this.halted = parts.halted;
    this.#state = parts.state;
  }

  async train(job: Job): Promise<Trained> {
    this.#atHand = '';
    if (!(await takenUp(await readBegun(job.id)))) await prepareRun(job.config);
    if (!finished(useSession.getState().status)) {
      const noted = this.#noteBegun(job.id);
      try {
        if (this.halted()) throw new AppError('cancelled');
        await currentClient().engine.play();
        await ended(this.halted);
      } catch (thrown) {
        // A run that blew up is a result of the study, not a fault of the page.
        if (thrown instanceof AppError && BLOW_UPS.includes(thrown.code)) {
          dismissError();
          useKeeping.setState({ rollback: null });
        }
        throw thrown;
      } finally {
        noted();
      }
    }
    this.#atHand = job.id;
    return this.#trained();
  }

  async takeUp(job: Job, kind: 'method' | 'random'): Promise<void> {
    if (kind === 'method' && this.#atHand === job.id) return;
    this.#atHand = '';
    if (kind === 'random') return prepareRun(job.config);
    if (await takenUp(this.#state().trained[job.id]?.runId ?? null)) return;
    // Deleted in the meantime, or never kept: it comes out the same once more.
    await this.keep({ part: 'trained', id: job.id, value: await this.train(job) });
  }

  validate = (request: Parameters<StudyHost['validate']>[0]) =>
    currentClient().engine.validateForStudy(request);
  score = (request: Parameters<StudyHost['score']>[0]) => currentClient().engine.scoreForStudy(request);
  keep = (done: Finished) => writePiece(done);

  /** Writes down under which id the run is kept, as soon as it has one. */
  #noteBegun(id: string): () => void {
    let known: string | null = null;
    const look = ({ status }: ReturnType<typeof useSession.getState>) => {
      if (status.runId === null || status.runId === known) return;
      known = status.runId;
      writeBegun(id, known).catch(() => undefined);
    };
    return useSession.subscribe(look);
  }

  async #trained(): Promise<Trained> {
    // The record is whole only when what a run writes at its end is written; the state says done before.
    await currentClient().engine.pause();
    const { status, memoryInUse } = useSession.getState();
    const { runId, step, activeSeconds } = status ?? EMPTY_STATUS;
    const record = runId === null ? null : await listed(runId).catch(() => null);
    return {
      steps: step,
      seconds: activeSeconds,
      memory: record?.last['memory/in-use'] ?? memoryInUse,
      curve: (record?.thumbnail ?? []).map((value) => (Number.isFinite(value) ? value : null)),
      runId,
    };
  }
}
