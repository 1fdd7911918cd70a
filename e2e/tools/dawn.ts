// WebGPU in Node (Dawn, npm package `webgpu`) as navigator.gpu: the machine's own card where Vulkan has one, else a driver on the
// processor: the one that VK_ICD_FILENAMES names, or the SwiftShader beside a Chromium. GPU=hardware or GPU=software leaves no choice.

import { isSoftwareAdapter } from '../../src/gpu/device.ts';
import { pausePolling } from '../../src/gpu/testPolling.ts';

const TOGGLES = ['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis'];

/**
 * Whether an adapter is of the kind asked for by GPU, or, where nothing is asked, a card: Vulkan offers drivers on the
 * processor among the others.
 */
export function suits(info: GPUAdapterInfo | null, asked: string | undefined): boolean {
  return info !== null && isSoftwareAdapter(info) === (asked === 'software');
}

/** @throws Error without the package `webgpu`, or where there is no adapter of the kind asked for */
export async function offerGpu(): Promise<void> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const offer = async () => {
    const gpu = create(TOGGLES);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
    return adapter?.info ?? null;
  };
  const asked = process.env.GPU;
  if (asked !== 'software' && suits(await offer(), asked)) return;
  if (asked === 'hardware') throw new Error('no hardware adapter answered.');
  // On the processor the loop that asks whether work is done takes a core from that work.
  pausePolling();
  const named = process.env.VK_ICD_FILENAMES || process.env.SWIFTSHADER_ICD;
  if (named) process.env.VK_ICD_FILENAMES = named;
  if (suits(await offer(), 'software')) return;
  throw new Error(
    named
      ? `the driver ${named} did not answer.`
      : 'no adapter: set SWIFTSHADER_ICD to the vk_swiftshader_icd.json of a Chromium.',
  );
}
