// Reading and writing the safetensors container: an 8-byte header length, a JSON header, raw little-endian data.
// Files come from strangers, so every claim of the header is checked before a byte of data is touched. The two 16-bit float
// formats that checkpoints of others may use are widened; nothing is narrowed.
// It knows nothing of models; parameter names and layouts are the business of checkpoint/stateDict.ts.

import { AppError } from './errors.ts';
import { describeForeign } from './fileKind.ts';

export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

type Bytes = ArrayBuffer | SharedArrayBuffer;
interface DtypeEntry {
  readonly bytes: number;
  /** Typed array over an aligned part of the file; half floats come out widened to Float32Array. */
  readonly view: (buffer: Bytes, offset: number, length: number) => TensorData;
}

const DTYPES = {
  F64: { bytes: 8, view: (b, o, n) => new Float64Array(b, o, n) },
  I64: { bytes: 8, view: (b, o, n) => new BigInt64Array(b, o, n) },
  U64: { bytes: 8, view: (b, o, n) => new BigUint64Array(b, o, n) },
  F32: { bytes: 4, view: (b, o, n) => new Float32Array(b, o, n) },
  I32: { bytes: 4, view: (b, o, n) => new Int32Array(b, o, n) },
  U32: { bytes: 4, view: (b, o, n) => new Uint32Array(b, o, n) },
  F16: { bytes: 2, view: (b, o, n) => float16Values(new Uint16Array(b, o, n)) },
  BF16: { bytes: 2, view: (b, o, n) => bfloat16Values(new Uint16Array(b, o, n)) },
  I16: { bytes: 2, view: (b, o, n) => new Int16Array(b, o, n) },
  U16: { bytes: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  I8: { bytes: 1, view: (b, o, n) => new Int8Array(b, o, n) },
  U8: { bytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  BOOL: { bytes: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
} as const satisfies Record<string, DtypeEntry>;
export type Dtype = keyof typeof DTYPES;

/** dtypes whose data can be written as they are held. */
export type WritableDtype = Exclude<Dtype, 'F16' | 'BF16'>;

export interface StoredTensor<D extends Dtype = Dtype> {
  readonly dtype: D;
  /** `[]` for a scalar. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

const METADATA_KEY = '__metadata__';
/** The reference implementation refuses longer headers too. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_RANK = 8;
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

const refuse = (detail: string): never => {
  throw new AppError('checkpoint-invalid', detail);
};
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const quote = (name: string) => `"${name.slice(0, 80)}"`;

interface Claim {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly count: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * All tensors and the metadata of a file. Data are views of `bytes` where alignment allows, else copies.
 * @throws AppError checkpoint-invalid when anything in the header contradicts the format or the file's length
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { header, dataStart } = readHeader(bytes);
  const metadata = readMetadata(header[METADATA_KEY]);
  const claims = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, entry]) => readClaim(name, entry));
  checkCoverage(claims, bytes.byteLength - dataStart);
  const tensors = new Map<string, StoredTensor>();
  for (const claim of claims) {
    const { bytes: width, view } = DTYPES[claim.dtype];
    const offset = bytes.byteOffset + dataStart + claim.begin;
    const data =
      offset % width === 0
        ? view(bytes.buffer, offset, claim.count)
        : view(bytes.slice(dataStart + claim.begin, dataStart + claim.end).buffer, 0, claim.count);
    tensors.set(claim.name, { dtype: claim.dtype, shape: claim.shape, data });
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.byteLength < 10) {
    return refuse(describeForeign(bytes) ?? 'the file is too short for a safetensors header.');
  }
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (claimed > BigInt(Math.min(MAX_HEADER_BYTES, bytes.byteLength - 8))) {
    return refuse(
      describeForeign(bytes) ??
        `its header claims ${claimed} bytes, more than the file holds; it may be cut short.`,
    );
  }
  const dataStart = 8 + Number(claimed);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice(8, dataStart)));
  } catch (cause) {
    throw new AppError('checkpoint-invalid', describeForeign(bytes) ?? 'its header is not JSON.', { cause });
  }
  return isRecord(header) ? { header, dataStart } : refuse('its header is not a table of tensors.');
}

function readMetadata(raw: unknown): Record<string, string> {
  if (raw === undefined) return {};
  if (!isRecord(raw)) return refuse('its metadata is not a table of texts.');
  for (const [key, value] of Object.entries(raw)) {
    if (FORBIDDEN_NAMES.has(key)) refuse(`its metadata holds the forbidden name ${quote(key)}.`);
    if (typeof value !== 'string') refuse(`its metadata entry ${quote(key)} is not text.`);
  }
  return raw as Record<string, string>;
}

function readClaim(name: string, entry: unknown): Claim {
  if (FORBIDDEN_NAMES.has(name)) return refuse(`it holds the forbidden tensor name ${quote(name)}.`);
  if (!isRecord(entry)) return refuse(`the entry of ${quote(name)} is not a record.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    return refuse(`tensor ${quote(name)} has the unknown type ${quote(String(dtype))}.`);
  }
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize)) {
    return refuse(`tensor ${quote(name)} has no valid shape.`);
  }
  const [begin, end, ...more]: unknown[] = Array.isArray(offsets) ? offsets : [];
  if (!isSize(begin) || !isSize(end) || begin > end || more.length > 0) {
    return refuse(`tensor ${quote(name)} has no valid data offsets.`);
  }
  const known = dtype as Dtype;
  const count = (shape as number[]).reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count) || count * DTYPES[known].bytes !== end - begin) {
    return refuse(
      `tensor ${quote(name)} of shape [${shape.join(', ')}] does not fill its ${end - begin} bytes.`,
    );
  }
  return { name, dtype: known, shape: shape as number[], count, begin, end };
}

/** The format wants every data byte to belong to exactly one tensor. */
function checkCoverage(claims: readonly Claim[], dataBytes: number): void {
  let reached = 0;
  for (const { name, begin, end } of claims.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached) refuse(`tensor ${quote(name)} overlaps another.`);
    if (begin > reached) refuse(`${begin - reached} bytes before tensor ${quote(name)} belong to nothing.`);
    reached = end;
  }
  if (reached !== dataBytes) {
    const likely = reached > dataBytes ? 'it may be cut short' : 'what follows them belongs to nothing';
    refuse(`its tensors need ${reached} bytes of data, but the file holds ${dataBytes}; ${likely}.`);
  }
}

/**
 * A file in parts that follow each other: the header, then each tensor's bytes where they are. Wide dtypes come first and
 * the header is padded with spaces, so that every tensor is aligned.
 * @throws AppError internal when data and shape disagree
 */
export function safetensorsParts(
  tensors: ReadonlyMap<string, StoredTensor<WritableDtype>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const ordered = [...tensors].toSorted(([, a], [, b]) => DTYPES[b.dtype].bytes - DTYPES[a.dtype].bytes);
  const header: Record<string, unknown> = { [METADATA_KEY]: metadata };
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (
      FORBIDDEN_NAMES.has(name) ||
      name === METADATA_KEY ||
      data.byteLength !== count * DTYPES[dtype].bytes
    ) {
      throw new AppError(
        'internal',
        `tensor ${quote(name)} cannot be stored as ${dtype} [${shape.join(', ')}].`,
      );
    }
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(Math.ceil((8 + json.length) / 8) * 8).fill(0x20, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  return [
    head,
    ...ordered.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

/** A file image, see safetensorsParts. @throws AppError internal when data and shape disagree */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor<WritableDtype>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** The same file with further texts in its metadata; tensors stay as they are. @throws AppError checkpoint-invalid */
export function withMetadata(
  bytes: Uint8Array,
  texts: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { header, dataStart } = readHeader(bytes);
  const metadata = { ...readMetadata(header[METADATA_KEY]), ...texts };
  const json = new TextEncoder().encode(JSON.stringify({ ...header, [METADATA_KEY]: metadata }));
  const start = Math.ceil((8 + json.length) / 8) * 8;
  const file = new Uint8Array(start + bytes.length - dataStart).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  file.set(bytes.subarray(dataStart), start);
  return file;
}

/** IEEE binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
export function float16Values(words: Uint16Array): Float32Array {
  return Float32Array.from(words, (word) => {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >> 10) & 31;
    const fraction = word & 0x3ff;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16: the upper half of a 32-bit float. */
export function bfloat16Values(words: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(words, (word) => (word << 16) >>> 0).buffer);
}
