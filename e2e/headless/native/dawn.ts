// WebGPU of this process: Dawn from the npm package `webgpu`, on whichever Vulkan driver the loader finds. Where none is named
// (VK_ICD_FILENAMES) and no card is asked for (GPU=hardware), it is the software driver that comes with Chromium.

import { pausePolling } from '../../../src/gpu/testPolling.ts';
import { AppError } from '../../../src/util/errors.ts';
import { findSwiftShaderIcd } from '../../tools/chromium.mjs';

let offered: Promise<void> | null = null;

async function offer(): Promise<void> {
  if (process.env.GPU !== 'hardware') {
    if (!process.env.VK_ICD_FILENAMES) {
      const driver = await findSwiftShaderIcd();
      if (driver) process.env.VK_ICD_FILENAMES = driver;
    }
    // On the processor the loop that asks whether work is done takes a core from that work.
    pausePolling();
  }
  const { create, globals } = await import('webgpu').catch((cause: unknown) => {
    throw new AppError('webgpu-missing', `the package webgpu could not be loaded (${cause}).`);
  });
  Object.assign(globalThis, globals);
  const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
}

/** Offers it as navigator.gpu, once. */
export function offerDawn(): Promise<void> {
  offered ??= offer();
  return offered;
}
