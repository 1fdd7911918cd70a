// Lets sizes be counted in Node without a driver: the names of WebGPU are there, a device is not. Imported by tests only.

export async function installGpuNames(): Promise<void> {
  const { globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: {}, userAgent: 'node' },
    configurable: true,
  });
}

/** Limits of an adapter on which everything fits that a test plans. */
export const ROOMY_LIMITS = {
  maxBufferSize: 2 ** 32,
  maxStorageBufferBindingSize: 2 ** 32,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
};
