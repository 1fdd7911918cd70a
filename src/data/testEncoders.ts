// Compressed streams for tests: the encoders that come in the codec packages beside the decoders of the product, and
// our own (testJpeg.ts). Every encoding the product reads can be made here, so that no test hangs on given files.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type TestPixels, writeDctJpeg, writeLosslessJpeg } from './testJpeg.ts';

interface Encoder {
  getDecodedBuffer(frame: object): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  delete(): void;
  setNearLossless?(near: number): void;
  setQuality?(...quality: (boolean | number)[]): void;
  setDecompositions?(levels: number): void;
  setSubSampling?(sampling: number): void;
  setInterleaveMode?(mode: number): void;
}

type Module = Record<string, new () => Encoder>;

const require = createRequire(import.meta.url);
const compiled = new Map<string, Promise<WebAssembly.Module>>();

async function compile(name: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(require.resolve(`@cornerstonejs/${name}/wasm`)));
}

async function load(name: string): Promise<Module> {
  const glue = (await import(require.resolve(`@cornerstonejs/${name}/wasmjs`))) as { default: unknown };
  const create = glue.default as (options: object) => Promise<Module>;
  const compiling = compiled.get(name) ?? compile(name);
  compiled.set(name, compiling);
  const module = await compiling;
  const instantiateWasm = (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ) => {
    WebAssembly.instantiate(module, imports).then(receive);
    return {};
  };
  return create({ instantiateWasm, print: () => {}, printErr: () => {} });
}

async function encodeWith(
  name: string,
  kind: string,
  { width, height, precision, components = 1, samples }: TestPixels,
  set: (encoder: Encoder) => void,
): Promise<Uint8Array> {
  // A new one each time: encoders that write past their buffer spoil the next film.
  const encoder = new (await load(name))[kind]!();
  const frame = {
    ...{ width, height, bitsPerSample: precision, componentCount: components, isSigned: false },
    isUsingColorTransform: false,
  };
  const typed = precision > 8 ? Uint16Array.from(samples) : Uint8Array.from(samples);
  encoder.getDecodedBuffer(frame).set(new Uint8Array(typed.buffer));
  set(encoder);
  encoder.encode();
  const bytes = encoder.getEncodedBuffer().slice();
  encoder.delete();
  return bytes;
}

const inPlanes = ({ components = 1, samples, ...rest }: TestPixels): TestPixels => {
  const planes = Array.from({ length: components }, (_, c) => samples.filter((_, i) => i % components === c));
  return { ...rest, components, samples: planes.flat() };
};

export interface TestEncoding {
  readonly syntax: string;
  readonly precisions: readonly number[];
  readonly components?: readonly number[];
  /** How far a sample may be off. */
  readonly tolerance: number;
  encode(pixels: TestPixels): Uint8Array | Promise<Uint8Array>;
}

const UID = '1.2.840.10008.1.2.4.';
const WIDE = [8, 12, 16] as const;

const jpeg2000 = (pixels: TestPixels) =>
  encodeWith('codec-openjpeg', 'J2KEncoder', pixels, (encoder) => {
    encoder.setDecompositions?.(2);
    encoder.setQuality?.(true, 1);
  });

/** By name; every row is read back in codecs.test.ts and mutated in fuzz.test.ts. */
export const TEST_ENCODINGS: Readonly<Record<string, TestEncoding>> = {
  'JPEG baseline': {
    syntax: `${UID}50`,
    precisions: [8],
    components: [1, 3],
    tolerance: 12,
    // The encoder of the package falls over grey films.
    encode: (pixels) =>
      pixels.components === 3
        ? encodeWith('codec-libjpeg-turbo-8bit', 'JPEGEncoder', pixels, (e) => {
            e.setQuality?.(98);
            // 4:4:4
            e.setSubSampling?.(0);
          })
        : writeDctJpeg(pixels, { progressive: false }),
  },
  'JPEG extended': {
    syntax: `${UID}51`,
    precisions: [8, 12],
    tolerance: 3,
    encode: (pixels) => writeDctJpeg(pixels, { progressive: false, restart: 3 }),
  },
  'JPEG progressive': {
    syntax: `${UID}55`,
    precisions: [8, 12],
    tolerance: 3,
    encode: (pixels) => writeDctJpeg(pixels, { progressive: true }),
  },
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7].map((predictor): [string, TestEncoding] => [
      `JPEG lossless, predictor ${predictor}`,
      {
        syntax: predictor === 1 ? `${UID}70` : `${UID}57`,
        precisions: [2, 8, 12, 16],
        components: [1, 3],
        tolerance: 0,
        encode: (pixels) => writeLosslessJpeg(pixels, { predictor, apart: predictor === 5 }),
      },
    ]),
  ),
  'JPEG lossless with restarts': {
    syntax: `${UID}57`,
    precisions: WIDE,
    tolerance: 0,
    encode: (pixels) => writeLosslessJpeg(pixels, { predictor: 4, restartRows: 2 }),
  },
  'JPEG lossless with a point transform': {
    syntax: `${UID}57`,
    precisions: WIDE,
    tolerance: 3,
    encode: (pixels) => writeLosslessJpeg(pixels, { predictor: 6, shift: 2 }),
  },
  'JPEG-LS': {
    syntax: `${UID}80`,
    precisions: [8, 10, 16],
    components: [1, 3],
    tolerance: 0,
    encode: (pixels) =>
      encodeWith('codec-charls', 'JpegLSEncoder', pixels, (e) => {
        e.setNearLossless?.(0);
        // By sample.
        e.setInterleaveMode?.(pixels.components === 3 ? 2 : 0);
      }),
  },
  'JPEG-LS, plane after plane': {
    syntax: `${UID}80`,
    precisions: [8, 16],
    components: [3],
    tolerance: 0,
    encode: (pixels) =>
      encodeWith('codec-charls', 'JpegLSEncoder', inPlanes(pixels), (e) => {
        e.setNearLossless?.(0);
        e.setInterleaveMode?.(0);
      }),
  },
  'JPEG-LS, near-lossless': {
    syntax: `${UID}81`,
    precisions: [8, 12],
    tolerance: 3,
    encode: (pixels) => encodeWith('codec-charls', 'JpegLSEncoder', pixels, (e) => e.setNearLossless?.(3)),
  },
  'JPEG 2000': { syntax: `${UID}90`, precisions: WIDE, tolerance: 0, encode: jpeg2000 },
  'JPEG 2000 in colour': {
    syntax: `${UID}90`,
    precisions: [8],
    components: [3],
    tolerance: 0,
    encode: jpeg2000,
  },
  HTJ2K: {
    syntax: `${UID}201`,
    precisions: WIDE,
    tolerance: 0,
    encode: (pixels) =>
      encodeWith('codec-openjph', 'HTJ2KEncoder', pixels, (e) => {
        e.setDecompositions?.(2);
        e.setQuality?.(true, 0);
      }),
  },
};
