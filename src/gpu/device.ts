// Opens our own GPUDevice with the limits and features asked for by name, and makes it the tfjs backend.
// Every uncaptured GPU error and every loss is reported: tfjs itself would turn both into silent zeros.
// Works in a worker, in a page and in Node (with the npm package `webgpu` as navigator.gpu).

import { tf, WebGPUBackend } from './backend.ts';
import { installRuntime } from './kernel.ts';
import { Runtime } from './runtime.ts';

export const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;

export type DeviceFault =
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'out-of-memory'; readonly message: string }
  | { readonly kind: 'error'; readonly message: string };

export interface OpenDevice {
  readonly runtime: Runtime;
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly software: boolean;
  close(): void;
}

/** Why a device could not be opened; the worker turns it into a named error. */
export class DeviceUnavailable extends Error {
  readonly reason: 'webgpu-missing' | 'adapter-missing' | 'device-refused';
  constructor(reason: DeviceUnavailable['reason'], detail = '') {
    super(detail || reason);
    this.reason = reason;
  }
}

/** True for adapters that run on the CPU: they are right, but slow, and dislike barriers. */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const fallback = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  return (
    fallback ||
    /swiftshader|llvmpipe|lavapipe|warp|basic render/i.test(
      `${info.architecture} ${info.description} ${info.device}`,
    )
  );
}

/** @throws DeviceUnavailable */
export async function openDevice(onFault: (fault: DeviceFault) => void): Promise<OpenDevice> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw new DeviceUnavailable('webgpu-missing');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceUnavailable('adapter-missing');
  const limits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
  const features = WANTED_FEATURES.filter((name) => adapter.features.has(name));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredLimits: limits, requiredFeatures: features });
  } catch (cause) {
    throw new DeviceUnavailable('device-refused', cause instanceof Error ? cause.message : String(cause));
  }
  let closing = false;
  device.addEventListener('uncapturederror', (event) => {
    const { error } = event;
    const kind = error instanceof GPUOutOfMemoryError ? 'out-of-memory' : 'error';
    onFault({ kind, message: error.message.slice(0, 400) });
  });
  void device.lost.then((lost) => {
    if (!closing) onFault({ kind: 'lost', message: lost.message || lost.reason });
  });

  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (tf.engine().registryFactory.webgpu) tf.removeBackend('webgpu');
  const backend = new WebGPUBackend(device, adapter.info);
  tf.registerBackend('webgpu', () => backend);
  if (!(await tf.setBackend('webgpu')))
    throw new DeviceUnavailable('device-refused', 'tfjs refused the device');
  const software = isSoftwareAdapter(adapter.info);
  const runtime = new Runtime(backend, software);
  installRuntime(runtime);
  return {
    runtime,
    device,
    info: adapter.info,
    software,
    close() {
      closing = true;
      installRuntime(null);
      tf.removeBackend('webgpu');
      device.destroy();
    },
  };
}
