// WebGPU in Node (Dawn, npm package `webgpu`) as navigator.gpu: the machine's own card where Vulkan has one, else the
// SwiftShader driver beside a Chromium. GPU=hardware or GPU=software leaves no choice.

import { create, globals } from 'webgpu';
import { isSoftwareAdapter } from '../../../src/gpu/device.ts';
import { pausePolling } from '../../../src/gpu/testPolling.ts';

const TOGGLES = ['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis'];

async function offer(): Promise<GPUAdapterInfo | null> {
  const gpu = create(TOGGLES);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  return adapter?.info ?? null;
}

/**
 * Whether an adapter is of the kind asked for by GPU, or, where nothing is asked, a card: Vulkan offers drivers on the
 * processor among the others.
 */
export function suits(info: GPUAdapterInfo | null, asked: string | undefined): boolean {
  return info !== null && isSoftwareAdapter(info) === (asked === 'software');
}

/** @throws Error where there is no adapter of the kind asked for */
export async function offerGpu(): Promise<void> {
  Object.assign(globalThis, globals);
  const asked = process.env.GPU;
  if (asked !== 'software' && suits(await offer(), asked)) return;
  if (asked === 'hardware') throw new Error('no hardware adapter answered.');
  pausePolling();
  // The driver beside a Chromium is the one that figures are recorded on; without it any on the processor will do.
  const icd = process.env.SWIFTSHADER_ICD;
  if (icd) process.env.VK_ICD_FILENAMES = icd;
  if (suits(await offer(), 'software')) return;
  throw new Error(
    icd
      ? 'the SwiftShader driver did not answer.'
      : 'no adapter: set SWIFTSHADER_ICD to the vk_swiftshader_icd.json of a Chromium.',
  );
}
