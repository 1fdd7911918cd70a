// The limits that every WebGPU device has at least, from the standard, and an adapter that claims no more: what the
// smallest device allowed says. Not part of the product.

/** The standard's defaults (W3C WebGPU, section 3.6.2 "Limits") of what the engine asks for. */
export const DEFAULT_LIMITS: Readonly<Record<string, number>> = {
  maxBufferSize: 268435456,
  maxStorageBufferBindingSize: 134217728,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65535,
};

/** From now on navigator.gpu offers adapters of these limits and without optional features. */
export function limitAdapters(limits: Readonly<Record<string, number>> = DEFAULT_LIMITS): void {
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await request(options);
    return adapter && limited(adapter, limits);
  };
}

function limited(adapter: GPUAdapter, limits: Readonly<Record<string, number>>): GPUAdapter {
  const less = new Proxy(adapter.limits, {
    get: (all, name) => limits[String(name)] ?? Reflect.get(all, name),
  });
  const instead: Record<string, unknown> = { limits: less, features: new Set<string>() };
  return new Proxy(adapter, {
    get(target, name) {
      if (Object.hasOwn(instead, name)) return instead[String(name)];
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
