// PyTorch beside the engine: torch_step.py in a process of its own that takes a step when asked, on the same weights and
// images. It is waited for line by line, so that the two never run at once.

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { writeCheckpoint } from '../../../src/checkpoint/checkpoint.ts';
import type { Config } from '../../../src/config/schema.ts';
import type { RunState } from '../../../src/train/trainingStep.ts';
import { writeSafetensors } from '../../../src/util/safetensors.ts';
import { levelSides } from '../flops.ts';
import { RATE, viewImages } from '../problem.ts';

export interface TorchFacts {
  readonly torch: string;
  readonly device: string;
  readonly cuda: boolean;
}

export interface TorchForm {
  readonly form: 'published' | 'factored';
  readonly tf32: boolean;
}

export interface TorchStep {
  readonly ms: number;
  readonly loss: number;
}

const CANDIDATES = [process.env.PYTHON ?? '', 'python3', '/usr/bin/python3'].filter(Boolean);

/** A Python that has torch and numpy; null where there is none. */
export function findTorch(): string | null {
  const has = (python: string) =>
    spawnSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore', timeout: 120_000 }).status === 0;
  return CANDIDATES.find(has) ?? null;
}

/** Puts what torch_step.py reads into `folder`: configuration, weights under PyTorch's names, both views. */
export async function writeProblem(folder: string, config: Config, state: RunState): Promise<void> {
  const { invarianceWeight, varianceWeight, covarianceWeight, optimiser, imageSize } = config;
  const { weightDecay, momentum, trustCoefficient, localWeight, levelSize } = config;
  const weights = { invariance: invarianceWeight, variance: varianceWeight, covariance: covarianceWeight };
  const told = { optimiser, weightDecay, momentum, trustCoefficient, localWeight, levelSize, weights };
  const text = JSON.stringify({ ...told, rate: RATE, levelSides: levelSides(imageSize) });
  await writeFile(path.join(folder, 'config.json'), text);
  const checkpoint = writeCheckpoint({ ...state, config, step: 0, fingerprint: '', start: 'random' });
  await writeFile(path.join(folder, 'weights.safetensors'), checkpoint);
  const { shape, data } = viewImages(config);
  const images = writeSafetensors(new Map([['images', { dtype: 'F32', shape, data }]]), {});
  await writeFile(path.join(folder, 'images.safetensors'), images);
}

export class TorchProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #complaints = '';

  constructor(python: string, script: string, folder: string) {
    // Its threads must not spin while the engine beside it takes its turn.
    const env = { ...process.env, OMP_WAIT_POLICY: 'PASSIVE', KMP_BLOCKTIME: '0' };
    this.#child = spawn(python, [script, folder], { env });
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#complaints = (this.#complaints + text.toString()).slice(-2000);
    });
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  about(): Promise<TorchFacts> {
    return this.#ask({ form: 'about' });
  }

  step(form: TorchForm, steps: number): Promise<TorchStep> {
    return this.#ask({ ...form, steps });
  }

  close(): void {
    this.#child.kill();
  }

  async #ask<T>(request: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`PyTorch gave up: ${this.#complaints.trim().split('\n').at(-1)}`);
    return JSON.parse(value) as T;
  }
}
