// The curves of a run for TensorBoard, appended while it trains: `tensorboard --logdir DIR` shows it live. Names and steps are
// those of metrics.jsonl; settings go to the HParams view, and at the end how every weight is spread. Holds no name of a film.

import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { type Config, inForce } from '../../src/config/schema.ts';
import type { SampleRecord } from '../../src/headless.ts';
import { metricNames } from '../../src/protocol/metrics.ts';
import {
  eventFileName,
  scalarsRecord,
  settingsRecord,
  versionRecord,
  weightRecords,
} from '../../src/util/eventFile.ts';
import { readSafetensors } from '../../src/util/safetensors.ts';

const now = () => Date.now() / 1000;

/** Below the folder of a run. */
export const EVENT_FOLDER = 'runs';

export class EventLog {
  readonly #stream: WriteStream;
  readonly #names: readonly string[];

  constructor(folder: string, config: Config) {
    const time = now();
    const runs = path.join(folder, EVENT_FOLDER);
    mkdirSync(runs, { recursive: true });
    this.#names = metricNames(config);
    this.#stream = createWriteStream(path.join(runs, eventFileName(time, 'playground')));
    this.#stream.write(versionRecord(time));
    this.#stream.write(settingsRecord(time, inForce(config), ['loss/total']));
  }

  append(samples: readonly SampleRecord[]): void {
    for (const { step, values } of samples) {
      const named = this.#names.map((name, i) => [name, values[i] ?? null] as const);
      this.#stream.write(scalarsRecord(now(), step, named));
    }
  }

  /** Histograms of the weights of a checkpoint, at its step. */
  weights(checkpoint: Uint8Array): void {
    const { tensors, metadata } = readSafetensors(checkpoint);
    for (const record of weightRecords(now(), Number(metadata.step), tensors)) this.#stream.write(record);
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.end(() => resolve());
    });
  }
}
