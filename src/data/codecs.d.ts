// Types of the WebAssembly codecs, which ship none. Only the members that are called.

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  export interface JpegDecoder {
    /** A view into the codec's memory for the compressed bytes. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    /** A view into the codec's memory; copy it before the next call. */
    getDecodedBuffer(): Uint8ClampedArray;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    delete(): void;
  }
  export interface JpegDecoderModule {
    JPEGDecoder: new () => JpegDecoder;
  }
  const create: (options: {
    locateFile: (name: string) => string;
    print: (text: string) => void;
    printErr: (text: string) => void;
  }) => Promise<JpegDecoderModule>;
  export default create;
}
