// WebGPU in Node (Dawn, npm package `webgpu`) as navigator.gpu: the machine's own GPU where Vulkan has one, else the
// SwiftShader driver beside a Chromium. GPU=hardware or GPU=software leaves no choice.

import { create, globals } from 'webgpu';
import { pausePolling } from '../../../src/gpu/testPolling.ts';

const TOGGLES = ['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis'];

async function offer(): Promise<GPUAdapterInfo | null> {
  const gpu = create(TOGGLES);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  return adapter?.info ?? null;
}

/** @throws Error where there is no adapter of the kind asked for */
export async function offerGpu(): Promise<void> {
  Object.assign(globalThis, globals);
  const asked = process.env.GPU;
  if (asked !== 'software' && (await offer())) return;
  if (asked === 'hardware') throw new Error('no hardware adapter answered.');
  const icd = process.env.SWIFTSHADER_ICD;
  if (!icd) throw new Error('no adapter: set SWIFTSHADER_ICD to the vk_swiftshader_icd.json of a Chromium.');
  process.env.VK_ICD_FILENAMES = icd;
  pausePolling();
  if (!(await offer())) throw new Error('the SwiftShader driver did not answer.');
}
