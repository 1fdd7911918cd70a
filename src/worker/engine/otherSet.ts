// Films beside those of the run, for evaluating its encoder on another folder than it was pretrained on: they come over a port of their
// own, from an intake of their own, so that reading them changes nothing of the run, and go when they are let go of.

import type { TrainingSet } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import { IntakeLink } from '../intake/link.ts';

/** A set that was read is on its way for a moment; what has not come by then was replaced or let go of. */
const PATIENCE_MS = 30_000;

export class OtherSet {
  #link: IntakeLink | null = null;
  #set: TrainingSet | null = null;
  #heard: () => void = () => undefined;

  /** @param onSet hears of every set */
  connect(port: MessagePort, onSet: (set: TrainingSet) => void): void {
    this.drop();
    this.#link = new IntakeLink(port, (set) => {
      this.#set = set;
      if (set) onSet(set);
      this.#heard();
    });
  }

  drop(): void {
    this.#link?.close();
    this.#link = null;
    this.#set = null;
  }

  /** The set with this fingerprint, waited for if it is still on its way. @throws AppError not-ready */
  need(fingerprint: string): Promise<TrainingSet> {
    return new Promise((resolve, reject) => {
      const end = setTimeout(() => {
        reject(new AppError('not-ready', 'the other films are not at hand any more; choose them again.'));
      }, PATIENCE_MS);
      this.#heard = () => {
        if (this.#set?.fingerprint !== fingerprint) return;
        clearTimeout(end);
        resolve(this.#set);
      };
      this.#heard();
    });
  }
}
