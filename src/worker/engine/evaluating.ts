// What the engine does beside a run: evaluations, and everything else that works on the encoder while no step is taken. One that is
// called off, or a fault of the device, ends it; after the loss of a device an evaluation goes on by itself where it was, and so it
// does when it is asked for again after any other cut. The arithmetic is in tasks/.

import { parseConfig } from '../../config/schema.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { EvaluationRequest } from '../../protocol/engine.ts';
import type { EncoderScores, StudyRequest, ValidationScore } from '../../protocol/study.ts';
import { type EvaluationInput, evaluate } from '../../tasks/evaluate.ts';
import type { Evaluation, TaskName } from '../../tasks/records.ts';
import { scoreForStudy, validateForStudy } from '../../tasks/study.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { AppError } from '../../util/errors.ts';
import { isLoss } from '../run/recovery.ts';
import type { RunParts } from '../run/resume.ts';
import type { EngineDevice } from './device.ts';
import type { Looking } from './looking.ts';
import { OtherSet } from './otherSet.ts';

interface Parts extends RunParts {
  readonly device: EngineDevice;
}

export class Evaluating {
  readonly other = new OtherSet();
  readonly #parts: Parts;
  readonly #looking: Looking;
  /** What is under way was called off. */
  #calledOff = false;

  constructor(parts: Parts, looking: Looking) {
    this.#parts = parts;
    this.#looking = looking;
  }

  callOff(): void {
    this.#calledOff = true;
  }

  async evaluate(task: TaskName, { config, films, ...asked }: EvaluationRequest): Promise<Evaluation> {
    const checked = parseConfig(config);
    return this.#onEncoder(async (run) =>
      evaluate(task, {
        ...this.around(run),
        ...this.#keeping(task),
        ...(films === undefined ? {} : { dataset: await this.other.need(films) }),
        ...asked,
        config: checked,
        ...this.#looking.hearing(run, this.#parts.events),
      }),
    );
  }

  async scoreForStudy(request: StudyRequest): Promise<EncoderScores> {
    const asked = { ...request, config: parseConfig(request.config) };
    if (request.encoder === 'run') {
      return this.#onEncoder((run) =>
        scoreForStudy({ ...this.around(run), ...this.#keeping(asked.task, true) }, asked),
      );
    }
    await this.begin();
    return this.beside('evaluating', () => scoreForStudy(this.around(null), asked));
  }

  async validateForStudy({ config, findings }: EvaluationRequest): Promise<ValidationScore> {
    const asked = { findings, config: parseConfig(config) };
    return this.#onEncoder((run) => validateForStudy(this.around(run), asked));
  }

  /** Something beside the run, which is where it was afterwards unless the GPU fails. */
  async beside<T>(state: 'evaluating' | 'testing', work: (runtime: Runtime) => Promise<T>): Promise<T> {
    const { status, device } = this.#parts;
    status.refuseWork();
    const before = status.state;
    status.enter(state);
    try {
      const result = await work(device.runtime);
      device.refuseFaults();
      return result;
    } catch (thrown) {
      const often = thrown instanceof AppError && thrown.code === 'device-lost-often';
      throw device.fault ? status.fail(often ? thrown : device.fault) : thrown;
    } finally {
      if (status.state === state) status.enter(before);
    }
  }

  /** What every evaluation gets of the engine. */
  around<R extends Pretrainer | null>(run: R) {
    const { status, device } = this.#parts;
    const refuseCalledOff = () => {
      if (this.#calledOff) throw new AppError('cancelled');
    };
    return {
      run,
      dataset: status.needDataset(),
      onProgress: (stage: string, done: number, total: number) => {
        refuseCalledOff();
        this.progress(stage, done, total);
      },
      yieldNow: async () => {
        refuseCalledOff();
        device.refuseFaults();
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
      },
    };
  }

  readonly progress = (stage: string, done: number, total: number): void =>
    this.#parts.events.send({ type: 'evaluation-progress', stage, done, total });

  /** Halts the run; nothing is called off yet. */
  async begin(): Promise<void> {
    await this.#parts.loop.halt();
    this.#calledOff = false;
  }

  /** Something on the encoder of the run at hand; begun again on a fresh device where the one before was lost. */
  async #onEncoder<T>(work: (run: Pretrainer) => Promise<T>): Promise<T> {
    const { status, device, loop } = this.#parts;
    await this.begin();
    status.needRun('ready', 'paused', 'done');
    return this.beside('evaluating', async () => {
      for (;;) {
        try {
          return await work(status.needRun().trainer);
        } catch (thrown) {
          const fault = await device.faultBehind(thrown);
          if (!(fault instanceof AppError) || !isLoss(fault)) throw fault;
          await loop.mend(fault);
        }
      }
    });
  }

  /** For tasks that train: where they keep how far they have come, and who hears that one goes on. */
  #keeping(task: TaskName, study = false): Pick<EvaluationInput, 'openTrainings' | 'onTakenUp'> {
    const { status, storage, loop, events } = this.#parts;
    const of = { task, study, runId: study ? null : (status.run?.keeper?.id ?? null) };
    return {
      openTrainings: (key) => storage.evaluation(key, of, () => loop.policy),
      onTakenUp: (text) => {
        const hint = 'What was trained before the cut counts; the scores are those of one that was not cut.';
        events.send({ type: 'notice', notice: { kind: 'recovered', text, hint } });
      },
    };
  }
}
