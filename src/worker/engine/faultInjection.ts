// Puts faults into a running engine, for tests: each strikes once, at its step or write. See protocol/faults.ts for who
// may ask for them; without faults every method here does nothing.

import type { Runtime } from '../../gpu/runtime.ts';
import type { Fault } from '../../protocol/faults.ts';
import type { StepObserver } from '../../train/trainingStep.ts';
import { AppError } from '../../util/errors.ts';
import type { Folder, RunStorage } from '../../vault/folder.ts';

type Kind = Fault['kind'];
type Of<K extends Kind> = Extract<Fault, { kind: K }>;
type AtStep = Extract<Fault, { step: number }>;

export class TestFaults {
  readonly #runtime: () => Runtime;
  #left: Fault[] = [];

  constructor(runtime: () => Runtime) {
    this.#runtime = runtime;
  }

  /** In place of those left; none is as if their causes had been mended. */
  set(faults: readonly Fault[]): void {
    this.#left = [...faults];
    if (this.take('lose-now')) this.#runtime().device.destroy();
  }

  /** Strikes while a step is recorded. A NaN strikes again when the step is repeated, as a real one would. */
  readonly observer: StepObserver = {
    images: (images, step) => {
      for (const fault of this.#left.filter((one): one is AtStep => 'step' in one && one.step === step)) {
        if (fault.kind !== 'nan') this.#left = this.#left.filter((one) => one !== fault);
        this.#strike(fault, images);
      }
    },
  };

  /** Takes one fault of a kind, if there is one. */
  take<K extends Kind>(kind: K): Of<K> | null {
    const found = this.#left.find((fault): fault is Of<K> => fault.kind === kind) ?? null;
    this.#left = this.#left.filter((fault) => fault !== found);
    return found;
  }

  /** Storage whose writes meet the faults. */
  storage(inner: RunStorage): RunStorage {
    return {
      lasting: inner.lasting,
      ids: () => inner.ids(),
      open: async (id) => this.#folder(await inner.open(id)),
      remove: (id) => inner.remove(id),
      free: async () => {
        const quota = this.#left.find((fault): fault is Of<'quota'> => fault.kind === 'quota');
        return quota ? quota.free : inner.free();
      },
    };
  }

  #folder(inner: Folder): Folder {
    return {
      read: (name) => inner.read(name),
      remove: (name) => inner.remove(name),
      sizes: () => inner.sizes(),
      write: async (name, blocks, at) => {
        if (this.#strikes('write-fails', name)) throw new DOMException('made up', 'QuotaExceededError');
        if (!this.#strikes('write-torn', name)) return inner.write(name, blocks, at);
        const whole: Uint8Array<ArrayBuffer>[] = [];
        for await (const block of blocks) whole.push(block.slice());
        const last = whole.pop() ?? new Uint8Array();
        return inner.write(name, [...whole, last.subarray(0, last.length >> 1)], at);
      },
    };
  }

  #strikes(kind: 'write-fails' | 'write-torn', name: string): boolean {
    const at = this.#left.findIndex((fault) => fault.kind === kind && name.startsWith(fault.file));
    if (at < 0) return false;
    const fault = this.#left[at] as Of<'write-fails' | 'write-torn'>;
    const rest = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
    this.#left.splice(at, 1, ...rest);
    return true;
  }

  #strike(fault: AtStep, images: Parameters<NonNullable<StepObserver['images']>>[0]): void {
    const runtime = this.#runtime();
    switch (fault.kind) {
      case 'lose-device':
        runtime.device.destroy();
        break;
      case 'gpu-error':
        runtime.device.queue.writeBuffer(runtime.bufferOf(images), 2, new Uint8Array(4));
        break;
      case 'stall': {
        const end = performance.now() + fault.ms;
        while (performance.now() < end);
        break;
      }
      case 'throw':
        setTimeout(() => {
          throw new AppError('internal', 'a fault made up by a test.');
        });
        break;
      case 'die':
        (globalThis as { close?: () => void }).close?.();
        break;
      case 'nan':
        runtime.write(images, Float32Array.of(Number.NaN));
        break;
      default:
        fault satisfies never;
    }
  }
}
