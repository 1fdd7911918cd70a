// Where the linear layer of the newest evaluation looks, and what it would say of a film: kept with the encoder that it was fitted on,
// and of no use as soon as that has taken another step. The arithmetic is in tasks/linear/classMap.ts.

import type { ScoreLayer } from '../../protocol/engine.ts';
import type { ClassMap } from '../../protocol/looks.ts';
import type { FittedLayer } from '../../tasks/evaluate.ts';
import { lookAt } from '../../tasks/linear/classMap.ts';
import type { TrainingSet } from '../../train/batchSource.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { AppError } from '../../util/errors.ts';

export class Looking {
  #newest: { readonly fitted: FittedLayer; readonly run: Pretrainer; readonly step: number } | null = null;

  keep(fitted: FittedLayer, run: Pretrainer): void {
    this.#newest = { fitted, run, step: run.step };
  }

  /** Null where there is none of the encoder as it stands, or none that a film can be scored with by itself. */
  scoreLayer(trainer: Pretrainer | undefined): ScoreLayer | null {
    const fitted = trainer && this.#of(trainer);
    if (!fitted || fitted.norm === 'batch') return null;
    const { weight, bias } = fitted.layer;
    return { findings: fitted.findings, weight, bias, attended: fitted.attended };
  }

  /** @throws AppError not-ready where no layer stands on the encoder as it is */
  async classMap(trainer: Pretrainer, set: TrainingSet, film: number, finding: string): Promise<ClassMap> {
    const fitted = this.#of(trainer);
    if (fitted) return lookAt(trainer, set, film, finding, fitted);
    throw new AppError('not-ready', 'no linear layer stands on the encoder as it is; evaluate it first.');
  }

  #of(trainer: Pretrainer): FittedLayer | null {
    const { run, step, fitted } = this.#newest ?? {};
    return fitted && run === trainer && step === trainer.step ? fitted : null;
  }
}
