// Arrays as NumPy reads them: one as .npy (NEP 1, version 1.0), several by name as .npz, which is a ZIP file of those, stored as
// numpy.savez does. `numpy.load` opens both without pickles. Only writes; data/raster/npy.ts reads.

import { zipSync } from 'fflate';
import { AppError } from './errors.ts';

type NumberArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array;

export interface NpyArray {
  /** `[]` for a single number. */
  readonly shape: readonly number[];
  /** In C order, little-endian; text becomes an array of unicode strings. */
  readonly data: NumberArray | readonly string[];
}

/** NumPy's name of each kind of array; what has no order of bytes says so. */
const KINDS: readonly (readonly [new (length: number) => NumberArray, string])[] = [
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Uint8Array, '|u1'],
  [Int8Array, '|i1'],
  [Uint16Array, '<u2'],
  [Int16Array, '<i2'],
  [Uint32Array, '<u4'],
  [Int32Array, '<i4'],
  [BigInt64Array, '<i8'],
];

/** Bytes that a header with its magic is padded to. */
const ALIGNMENT = 64;
const MAGIC = '\x93NUMPY\x01\x00';

/** UTF-32 in equal lengths, as NumPy holds text. */
function unicode(texts: readonly string[]): { descr: string; data: Uint32Array } {
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0)!));
  const length = Math.max(1, ...points.map((one) => one.length));
  const data = new Uint32Array(texts.length * length);
  for (const [i, one] of points.entries()) data.set(one, i * length);
  return { descr: `<U${length}`, data };
}

function stored(data: NpyArray['data']): { descr: string; data: NumberArray } {
  const kind = KINDS.find(([array]) => data instanceof array);
  return kind ? { descr: kind[1], data: data as NumberArray } : unicode(data as readonly string[]);
}

/** A shape as Python writes a tuple: `(3,)`, `(3, 4)`, `()`. */
const tuple = (shape: readonly number[]) => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

/** @throws AppError internal where data and shape disagree */
export function npyBytes({ shape, data: given }: NpyArray): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, size) => product * size, 1);
  if (given.length !== count) {
    throw new AppError('internal', `${given.length} values are no array of shape ${tuple(shape)}.`);
  }
  const { descr, data } = stored(given);
  const words = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple(shape)}, }`;
  const start = MAGIC.length + 2;
  const length = Math.ceil((start + words.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(length + data.byteLength).fill(0x20, start, length - 1);
  const place = (text: string, at: number) => {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  };
  place(MAGIC, 0);
  new DataView(bytes.buffer).setUint16(MAGIC.length, length - start, true);
  place(words, start);
  bytes[length - 1] = 0x0a;
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/** The day that numpy.savez gives its members, so that equal arrays are equal files. */
const SOME_DAY = new Date(1980, 0, 1);

/** Arrays by name: `numpy.load(file)['name']`. @throws AppError internal where data and shape disagree */
export function npzBytes(
  arrays: Iterable<readonly [name: string, array: NpyArray]>,
): Uint8Array<ArrayBuffer> {
  const members = [...arrays].map(([name, array]) => [`${name}.npy`, npyBytes(array)] as const);
  return zipSync(Object.fromEntries(members), { level: 0, mtime: SOME_DAY });
}
