// Lets sizes be counted in Node without a driver: the names of WebGPU are there, a device is not. Imported by tests only.

export async function installGpuNames(): Promise<void> {
  const { globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: {}, userAgent: 'node' },
    configurable: true,
  });
}
