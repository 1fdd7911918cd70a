// Collects the programs of training steps, of evaluation and of the self-test, each with who asks for it. Shapes alone
// decide which programs there are, so nothing is compiled or computed. Not part of the product.

import { type Kernel, type Tensor, tf } from '../../gpu/kernel.ts';
import { CASES } from '../../gpu/kernels/cases.ts';
import type { Case } from '../../gpu/kernels/parts/case.ts';
import { KERNEL_TABLE, type KernelName } from '../../gpu/kernels/table.ts';
import type { Program } from '../../gpu/program.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { type FormSet, withForms } from '../../gpu/testForms.ts';
import { featureFile } from '../../train/featureFile.ts';
import { Pretrainer } from '../../train/pretrain.ts';
import { madeFilms } from '../../train/testRun.ts';
import type { NamedRun } from './testRuns.ts';

/** A program and the first that asked for it. */
export interface Asked {
  readonly program: Program;
  readonly by: string;
}

/** Programs by text: what stands under one name twice is kept twice. */
export class ProgramList {
  readonly #byText = new Map<string, Asked>();
  readonly #runtime: Runtime;
  readonly #sets: readonly FormSet[];

  constructor(runtime: Runtime, sets: readonly FormSet[]) {
    this.#runtime = runtime;
    this.#sets = sets;
  }

  get all(): Asked[] {
    return [...this.#byText.values()];
  }

  /**
   * The programs of one training step, in every set of forms; where a setting is changed, without the sets in which only kernels
   * with more forms than most are new: those are convolutions, which no setting changes.
   */
  async addRun({ name, config, alone }: NamedRun): Promise<void> {
    const runtime = this.#runtime;
    const { settle, write } = runtime;
    // Weights stay where they were drawn: the largest are half a gigabyte, and no program depends on them.
    Object.assign(runtime, { settle: () => undefined, write: () => undefined });
    const run = new Pretrainer(config, madeFilms(2 * config.batchSize), runtime);
    await this.#add(name, () => run.compile(() => undefined), alone);
    run.dispose();
    Object.assign(runtime, { settle, write });
    runtime.trim();
  }

  /** The programs that make the features of films in evaluation mode. */
  async addEvaluation({ name, config }: NamedRun): Promise<void> {
    const films = madeFilms(2 * config.batchSize);
    const run = new Pretrainer(config, films, this.#runtime);
    const checkpoint = await run.capture();
    run.dispose();
    const options = { images: true, onProgress: () => undefined };
    await this.#add(`${name}, evaluation`, () => featureFile(checkpoint, films, this.#runtime, options));
  }

  /** The programs of every case of the self-test. */
  async addCases(): Promise<void> {
    for (const name of Object.keys(CASES) as KernelName[]) {
      const kernel = KERNEL_TABLE[name] as unknown as Kernel<string, object>;
      for (const one of CASES[name].cases as readonly Case<string, object>[]) {
        await this.#add(`${name}, ${one.detail}`, () => call(kernel, one));
      }
    }
  }

  async #add(by: string, body: () => unknown, all = true): Promise<void> {
    const runtime = this.#runtime;
    const { dispatch, compile } = runtime;
    for (const set of this.#sets.filter(({ fresh }) => all || fresh)) {
      runtime.compile = async () => undefined;
      runtime.dispatch = (program) => {
        if (!this.#byText.has(program.code))
          this.#byText.set(program.code, { program, by: `${by}, ${set.name}` });
      };
      try {
        await withForms(set, body);
      } finally {
        Object.assign(runtime, { dispatch, compile });
      }
    }
  }
}

function call(kernel: Kernel<string, object>, { inputs, attrs }: Case<string, object>): void {
  const tensors: Record<string, Tensor> = {};
  const given = inputs();
  for (const name of kernel.spec.inputs) {
    const { shape, data } = given[name]!;
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    tensors[name] = tf.tensor(data, [...shape], dtype);
  }
  tf.dispose(kernel(tensors, attrs));
  tf.dispose(Object.values(tensors));
}
