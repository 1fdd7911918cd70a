// The compiled WebAssembly of a codec, fetched from this app's own files and kept, so that a codec whose memory went
// bad or grew large is replaced in milliseconds. Tests in Node put testCodecs.ts in its place.

import type { CodecName } from './codec.ts';

const ADDRESSES: Record<CodecName, () => Promise<{ default: string }>> = {
  jpeg: () => import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url'),
  'jpeg-ls': () => import('@cornerstonejs/codec-charls/decodewasm?url'),
  'jpeg-2000': () => import('@cornerstonejs/codec-openjpeg/decodewasm?url'),
  htj2k: () => import('@cornerstonejs/codec-openjph/wasm?url'),
};

type ReadCodec = (name: CodecName) => Promise<Uint8Array<ArrayBuffer>>;
let readFrom: ReadCodec | null = null;

/** A program that no bundler made has no addresses; it says how the bytes are come by. */
export function readCodecsFrom(read: ReadCodec): void {
  readFrom = read;
}

async function compile(name: CodecName): Promise<WebAssembly.Module> {
  if (readFrom) return WebAssembly.compile(await readFrom(name));
  const { default: address } = await ADDRESSES[name]();
  // biome-ignore lint/style/noRestrictedGlobals: a file of the app itself, kept by its service worker
  const response = await fetch(address);
  return WebAssembly.compile(await response.arrayBuffer());
}

const compiled = new Map<CodecName, Promise<WebAssembly.Module>>();

export function wasmOf(name: CodecName): Promise<WebAssembly.Module> {
  const known = compiled.get(name);
  if (known) return known;
  const loading = compile(name);
  compiled.set(name, loading);
  loading.catch(() => compiled.delete(name));
  return loading;
}
