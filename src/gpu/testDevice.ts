// A WebGPU device for tests in Node: Dawn from the npm package `webgpu`, on the SwiftShader driver that ships
// beside Chromium (SWIFTSHADER_ICD, set by `npm test`; common places are tried otherwise).
// Uncaptured GPU errors are collected and must be empty at the end of each test. Not part of the product.

import { existsSync } from 'node:fs';
import { type OpenDevice, openDevice } from './device.ts';
import { pausePolling } from './testPolling.ts';

const KNOWN_ICD = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json'];

function findIcd(): string | null {
  const candidates = [process.env.SWIFTSHADER_ICD ?? '', ...KNOWN_ICD];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

export interface TestDevice extends OpenDevice {
  /** Messages of uncaptured GPU errors since the last call. */
  takeFaults(): string[];
}

let opened: Promise<TestDevice> | null = null;

/** One device per test process. @throws where no software driver is found: a promised adapter must be there. */
export function testDevice(): Promise<TestDevice> {
  opened ??= open();
  return opened;
}

/** The device of this process, if a file before this one or this one has opened it. */
export const testDeviceSoFar = (): Promise<TestDevice> | null => opened;

/** Offers Dawn as navigator.gpu, for code that opens the device itself. @throws where no software driver is found */
export async function installGpu(): Promise<void> {
  if (process.env.GPU !== 'hardware') {
    const icd = findIcd();
    if (!icd) throw new Error('no SwiftShader driver found: set SWIFTSHADER_ICD to vk_swiftshader_icd.json');
    process.env.VK_ICD_FILENAMES = icd;
    pausePolling();
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
}

async function open(): Promise<TestDevice> {
  await installGpu();
  let faults: string[] = [];
  const device = await openDevice((fault) => faults.push(`${fault.kind}: ${fault.message}`));
  return {
    ...device,
    takeFaults() {
      const taken = faults;
      faults = [];
      return taken;
    },
  };
}
