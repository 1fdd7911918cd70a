// Types of the WebAssembly codecs, which ship none. Only the members that are called.

interface WasmDecoder {
  /** A view into the codec's memory for the compressed bytes. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  /** A view into the codec's memory; copy it before the next call. */
  getDecodedBuffer(): Uint8Array | Uint8ClampedArray;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned?: boolean;
  };
  /** JPEG-LS only: 0 plane after plane, 1 by line, 2 by sample. */
  getInterleaveMode?(): number;
  delete(): void;
}

interface WasmCodec {
  readonly HEAPU8: Uint8Array;
  readonly [decoder: `${string}Decoder`]: new () => WasmDecoder;
}

type CreateWasmCodec = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  print(text: string): void;
  printErr(text: string): void;
}) => Promise<WasmCodec>;

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const create: CreateWasmCodec;
  export default create;
}
declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const create: CreateWasmCodec;
  export default create;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const create: CreateWasmCodec;
  export default create;
}
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const create: CreateWasmCodec;
  export default create;
}
