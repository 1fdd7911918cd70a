// The device that the engine works on: opening it, what it allows, what the page is told about it, and what became of it.
// The first fault is kept, because whatever comes after it follows from it, and gets its name here. When a fault ends a run is
// the engine's to decide.

import type { Config } from '../../config/schema.ts';
import {
  type DeviceFault,
  DeviceUnavailable,
  type OpenDevice,
  openDevice,
  WANTED_LIMITS,
} from '../../gpu/device.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { planBudget } from '../../plan/budget.ts';
import { type AdapterLimits, type Budget, type KernelOptions, refusalOf } from '../../protocol/device.ts';
import type { DeviceFacts } from '../../protocol/engine.ts';
import { planEvaluation } from '../../tasks/evaluate.ts';
import type { TaskName } from '../../tasks/records.ts';
import { AppError } from '../../util/errors.ts';
import { applyKernels, kernelFacts, reckonWithSpeed } from './kernels.ts';

const ANNOUNCEMENT_MS = 1000;

export class EngineDevice {
  readonly #onFault: (fault: AppError) => void;
  #opened: OpenDevice | null = null;
  #facts: DeviceFacts | null = null;
  #fault: AppError | null = null;

  /** `onFault` hears the first fault of each device that is opened. */
  constructor(onFault: (fault: AppError) => void) {
    this.#onFault = onFault;
  }

  /** What went wrong with the present device. */
  get fault(): AppError | null {
    return this.#fault;
  }

  get usable(): boolean {
    return this.#opened !== null && this.#fault === null;
  }

  /** How the device was called, for the record of a run. */
  get name(): string {
    const { description = '', vendor = '', architecture = '' } = this.#facts ?? {};
    return description || `${vendor} ${architecture}`.trim();
  }

  /** @throws AppError not-ready */
  get runtime(): Runtime {
    if (!this.#opened) throw new AppError('not-ready', 'no GPU device is open.');
    return this.#opened.runtime;
  }

  /** A fresh device in place of any other. @throws AppError webgpu-missing, adapter-missing, device-refused */
  async open(): Promise<DeviceFacts> {
    this.close();
    try {
      this.#opened = await openDevice((fault) => {
        if (this.#fault) return;
        this.#fault = faultError(fault);
        this.#onFault(this.#fault);
      });
    } catch (thrown) {
      if (thrown instanceof DeviceUnavailable) throw new AppError(thrown.reason, thrown.message);
      throw thrown;
    }
    reckonWithSpeed(this.#opened.runtime);
    this.#facts = deviceFacts(this.#opened);
    return this.#facts;
  }

  /** What stands behind an error that came out of a GPU call: a loss may be announced a moment after it. */
  async faultBehind(thrown: unknown): Promise<unknown> {
    const end = performance.now() + ANNOUNCEMENT_MS;
    while (!this.#fault && !(thrown instanceof AppError) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.#fault ?? thrown;
  }

  /** Takes over a choice of kernels. @throws AppError not-ready, config-invalid */
  async chooseKernels(options: KernelOptions, again: boolean): Promise<DeviceFacts> {
    const opened = this.#opened;
    if (!opened) throw new AppError('not-ready', 'no GPU device is open.');
    await applyKernels(opened.runtime, adapterKey(opened, navigator.userAgent), options, again);
    this.#facts = deviceFacts(opened);
    return this.#facts;
  }

  close(): void {
    this.#opened?.close();
    this.#opened = null;
    this.#fault = null;
  }

  refuseFaults(): void {
    if (this.#fault) throw this.#fault;
  }

  /** What a configuration needs of the device that was opened last, lost or not. @throws AppError not-ready */
  plan(config: Config, task?: TaskName): Budget {
    if (!this.#facts) throw new AppError('not-ready', 'no GPU device is open.');
    return (task && planEvaluation(task, config, this.#facts)) ?? planBudget(config, this.#facts);
  }

  /** @throws AppError does-not-fit */
  refuseWhatCannotFit(config: Config): void {
    const refusal = refusalOf(this.plan(config));
    if (refusal) throw refusal;
  }
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof AdapterLimits)[];

export function deviceFacts({ device, info, software, runtime }: OpenDevice): DeviceFacts {
  const limits: Partial<Record<keyof AdapterLimits, number>> = {};
  for (const name of LIMITS) limits[name] = device.limits[name];
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device,
    software,
    features: [...device.features].sort(),
    limits: limits as AdapterLimits,
    kernels: kernelFacts(runtime),
  };
}

interface AdapterInfo extends GPUAdapterInfo {
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly isFallbackAdapter: boolean;
}

/**
 * What times of this adapter are kept under. Browsers hide names (all four are empty in Firefox, two in Chrome), so limits,
 * features and subgroups tell adapters apart as well; and a new browser brings a new compiler, which the old times know
 * nothing of.
 */
export function adapterKey({ device, info }: Pick<OpenDevice, 'device' | 'info'>, userAgent: string): string {
  const { vendor, architecture, description, subgroupMinSize, subgroupMaxSize, isFallbackAdapter } =
    info as AdapterInfo;
  return JSON.stringify([
    [vendor, architecture, info.device, description],
    [subgroupMinSize, subgroupMaxSize, isFallbackAdapter],
    WANTED_LIMITS.map((name) => device.limits[name]),
    [...device.features].sort(),
    userAgent,
  ]);
}

export function faultError({ kind, message }: DeviceFault): AppError {
  if (kind === 'lost') return new AppError('device-lost', message);
  return new AppError(kind === 'out-of-memory' ? 'out-of-memory' : 'gpu-fault', message);
}
