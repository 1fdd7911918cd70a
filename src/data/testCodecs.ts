// What codecWasm.ts does, for Node: the same files, read from the packages instead of fetched. In tests:
// vi.mock('./codecWasm.ts', () => import('./testCodecs.ts')).

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { CodecName } from './codec.ts';

const FILES: Record<CodecName, string> = {
  jpeg: 'codec-libjpeg-turbo-8bit/decodewasm',
  'jpeg-ls': 'codec-charls/decodewasm',
  'jpeg-2000': 'codec-openjpeg/decodewasm',
  htj2k: 'codec-openjph/wasm',
};

const compiled = new Map<CodecName, Promise<WebAssembly.Module>>();

export async function codecBytes(name: CodecName): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await readFile(createRequire(import.meta.url).resolve(`@cornerstonejs/${FILES[name]}`)),
  );
}

export function wasmOf(name: CodecName): Promise<WebAssembly.Module> {
  const module = compiled.get(name) ?? codecBytes(name).then((bytes) => WebAssembly.compile(bytes));
  compiled.set(name, module);
  return module;
}
