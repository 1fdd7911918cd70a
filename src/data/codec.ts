// The door to the WebAssembly codecs, each loaded when the first film needs it. Callers have read the header of the
// stream before, so sizes are known and believed; what a codec says in the end is checked against them.
// A codec that threw, or whose memory grew large, is thrown away: its heap may be in any state, and never shrinks.

import { AppError } from '../util/errors.ts';
import { wasmOf } from './codecWasm.ts';
import { notBlamed } from './limits.ts';

interface Codec {
  /** As people call the format. */
  readonly format: string;
  readonly decoder: `${string}Decoder`;
  glue(): Promise<{ default: CreateWasmCodec }>;
}

const CODECS = {
  jpeg: {
    format: 'JPEG',
    decoder: 'JPEGDecoder',
    glue: () => import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs'),
  },
  'jpeg-ls': {
    format: 'JPEG-LS',
    decoder: 'JpegLSDecoder',
    glue: () => import('@cornerstonejs/codec-charls/decodewasmjs'),
  },
  'jpeg-2000': {
    format: 'JPEG 2000',
    decoder: 'J2KDecoder',
    glue: () => import('@cornerstonejs/codec-openjpeg/decodewasmjs'),
  },
  htj2k: {
    format: 'HTJ2K',
    decoder: 'HTJ2KDecoder',
    glue: () => import('@cornerstonejs/codec-openjph/wasmjs'),
  },
} as const satisfies Record<string, Codec>;

export type CodecName = keyof typeof CODECS;

export interface CodedFrame {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour. */
  readonly components: number;
  /** Bits per sample in the stream. */
  readonly precision: number;
  /** width * height * components samples, interleaved by pixel. */
  readonly samples: Uint8Array | Int8Array | Uint16Array | Int16Array;
  /** What was odd about the stream. */
  readonly note?: string;
}

/** What the stream's own header says; the codec must come to the same. */
export type ExpectedFrame = Omit<CodedFrame, 'samples'>;

/** bytes; a codec that has grown beyond is replaced after the film. All start with 50 MiB. */
const MAX_KEPT_MEMORY = 2 ** 27;

interface Loaded {
  readonly codec: WasmCodec;
  /** What the codec printed during the current film; some report damage in no other way. */
  readonly printed: string[];
}

const loaded = new Map<CodecName, Promise<Loaded>>();

async function load(name: CodecName): Promise<Loaded> {
  const [{ default: create }, module] = await Promise.all([CODECS[name].glue(), wasmOf(name)]);
  const printed: string[] = [];
  const print = (text: string) => {
    if (printed.length < 20) printed.push(text);
  };
  const codec = await create({
    instantiateWasm(imports, receive) {
      WebAssembly.instantiate(module, imports).then((instance) => receive(instance, module));
      return {};
    },
    print,
    printErr: print,
  });
  return { codec, printed };
}

function codecFor(name: CodecName): Promise<Loaded> {
  const known = loaded.get(name);
  if (known) return known;
  const loading = notBlamed(() => load(name));
  loaded.set(name, loading);
  loading.catch(() => loaded.delete(name));
  return loading;
}

/** @throws AppError `image-corrupt`, with what the codec had to say, or `decoder-stopped` when it found no memory */
export async function decodeWith(
  name: CodecName,
  bytes: Uint8Array,
  expected: ExpectedFrame,
): Promise<CodedFrame> {
  const { codec, printed } = await codecFor(name);
  printed.length = 0;
  let isSound = false;
  try {
    const decoder = new codec[CODECS[name].decoder]!();
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const frame = frameOf(name, decoder, expected, printed);
    decoder.delete();
    isSound = codec.HEAPU8.length <= MAX_KEPT_MEMORY;
    return frame;
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : damaged(name, printed, thrown);
  } finally {
    if (!isSound) loaded.delete(name);
  }
}

const NO_MEMORY =
  /out of memory|not enough memory|failed to allocate|allocation failed|enlarge memory|\bOOM\b/i;

function damaged(name: CodecName, printed: readonly string[], cause?: unknown): AppError {
  const thrown = cause instanceof Error ? cause.message : '';
  if ([...printed, thrown].some((line) => NO_MEMORY.test(line))) {
    return new AppError('decoder-stopped', 'it found no memory.', { cause });
  }
  const said = printed.find((line) => /error|fail|invalid/i.test(line)) ?? '';
  const words = said.replace(/^[^a-z]*(\[?error\]?)?[:\s]*/i, '').replace(/[\s.]+$/, '');
  const detail = words ? ` (${words.slice(0, 100)})` : '';
  return new AppError('image-corrupt', `its ${CODECS[name].format} data cannot be decoded${detail}.`, {
    cause,
  });
}

function frameOf(
  name: CodecName,
  decoder: WasmDecoder,
  expected: ExpectedFrame,
  printed: readonly string[],
): CodedFrame {
  const info = decoder.getFrameInfo();
  const { width, height, components, precision } = expected;
  const raw = decoder.getDecodedBuffer();
  const size = precision > 8 ? 2 : 1;
  const isWhole = raw.length === width * height * components * size;
  const isAsSaid = info.width === width && info.height === height && info.componentCount === components;
  if (!isWhole || !isAsSaid || printed.some((line) => /\berror\b/i.test(line))) throw damaged(name, printed);
  const bytes = raw.slice().buffer;
  const samples = sampleView(bytes, size, info.isSigned === true);
  const isPlanar = name === 'jpeg-ls' && components > 1 && decoder.getInterleaveMode?.() === 0;
  return { ...expected, samples: isPlanar ? interleaved(samples, components) : samples };
}

function sampleView(buffer: ArrayBufferLike, size: number, signed: boolean): CodedFrame['samples'] {
  if (size === 1) return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
  return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
}

function interleaved(planes: CodedFrame['samples'], components: number): CodedFrame['samples'] {
  const out = planes.slice();
  const pixels = planes.length / components;
  for (let c = 0; c < components; c++) {
    for (let i = 0; i < pixels; i++) out[components * i + c] = planes[c * pixels + i]!;
  }
  return out;
}
