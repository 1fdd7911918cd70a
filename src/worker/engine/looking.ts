// Where the linear layer of the newest evaluation looks, and what it would say of a film: kept with the encoder that it was fitted on,
// and of no use as soon as that has taken another step; and what the newest decoder drew on the test films, which stays true of these.
// How it looks is in tasks/linear/lookAt.ts and tasks/segmentation.

import type { ScoreLayer } from '../../protocol/engine.ts';
import { CLASS_LOOK, type ClassMap, type DrawnMask, type Look } from '../../protocol/looks.ts';
import type { EvaluationInput, FittedLayer } from '../../tasks/evaluate.ts';
import { lookAt } from '../../tasks/linear/lookAt.ts';
import { type DrawnOnTest, maskOn } from '../../tasks/segmentation/evaluate.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { AppError } from '../../util/errors.ts';
import type { EngineEvents, EngineStatus } from './status.ts';

export class Looking {
  readonly #status: EngineStatus;
  #masks: DrawnOnTest | null = null;
  #newest: { readonly fitted: FittedLayer; readonly run: Pretrainer; readonly step: number } | null = null;

  constructor(status: EngineStatus) {
    this.#status = status;
  }

  /** What an evaluation of this run's encoder is given to tell of. */
  hearing(
    run: Pretrainer,
    events: Pick<EngineEvents, 'send'>,
  ): Pick<EvaluationInput, 'onLayer' | 'onScores' | 'onMasks' | 'onTuned'> {
    return {
      onScores: (predictions) => events.send({ type: 'predictions', predictions }),
      onTuned: (epoch) => events.send({ type: 'tuned', epoch }),
      onLayer: (fitted) => {
        this.#newest = { fitted, run, step: run.step };
      },
      onMasks: (drawn) => {
        this.#masks = drawn;
      },
    };
  }

  /** What the newest decoder draws on a film and what readers drew; null for a film that it was not tested on, or of another set. */
  drawnMask(film: number): DrawnMask | null {
    return maskOn(this.#masks, this.#status.dataset?.fingerprint, film);
  }

  /** Null where there is none of the encoder as it stands, or none that a film can be scored with by itself. */
  scoreLayer(): ScoreLayer | null {
    const fitted = this.#fitted();
    if (!fitted || fitted.norm === 'batch') return null;
    const { weight, bias } = fitted.layer;
    return { findings: fitted.findings, weight, bias, attended: fitted.attended };
  }

  /** @throws AppError not-ready where no layer stands on the encoder as it is */
  async classMap(film: number, finding: string, look: Look = CLASS_LOOK): Promise<ClassMap> {
    const { trainer } = this.#status.needRun();
    const fitted = this.#fitted();
    if (fitted) return lookAt(trainer, this.#status.needDataset(), film, finding, fitted, look);
    throw new AppError('not-ready', 'no linear layer stands on the encoder as it is; evaluate it first.');
  }

  /** Of the encoder as it stands. */
  #fitted(): FittedLayer | null {
    const { run, step, fitted } = this.#newest ?? {};
    const trainer = this.#status.run?.trainer;
    return fitted && run === trainer && step === trainer?.step ? fitted : null;
  }
}
