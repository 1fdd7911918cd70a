// What the page is told about the adapter, and how a device's faults become named errors.

import { type DeviceFault, type OpenDevice, WANTED_LIMITS } from '../../gpu/device.ts';
import type { AdapterLimits } from '../../protocol/budget.ts';
import type { DeviceFacts } from '../../protocol/engine.ts';
import { AppError } from '../../util/errors.ts';
import { kernelFacts } from './kernels.ts';

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
