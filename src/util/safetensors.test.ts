// The container against its fixtures, against itself, and against headers made to deceive.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import {
  readSafetensors,
  type StoredTensor,
  type WritableDtype,
  withMetadata,
  writeSafetensors,
} from './safetensors.ts';

const PARITY = new URL('../../../shared/parity/', import.meta.url);
const hasParity = existsSync(PARITY);

const fileOf = (header: string, dataBytes = 0): Uint8Array => {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
};
const refusal = (bytes: Uint8Array): string => {
  try {
    readSafetensors(bytes);
  } catch (error) {
    if (error instanceof AppError && error.code === 'checkpoint-invalid') return error.message;
    throw error;
  }
  return 'accepted';
};
const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ a: { dtype, shape, data_offsets: offsets } });

describe('writing and reading back', () => {
  const tensors = new Map<string, StoredTensor<WritableDtype>>([
    ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ['scalar', { dtype: 'I64', shape: [], data: BigInt64Array.of(-7n) }],
    ['matrix', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.NaN) }],
    ['empty', { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) }],
    ['doubles', { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) }],
    ['ints', { dtype: 'I32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
  ]);
  const file = writeSafetensors(tensors, { note: 'größer' });

  it('returns every tensor and the metadata', () => {
    const read = readSafetensors(file);
    expect(read.metadata).toEqual({ note: 'größer' });
    expect(new Map([...read.tensors].toSorted())).toEqual(new Map([...tensors].toSorted()));
  });
  it('aligns data, and copes with a file that is not aligned in memory', () => {
    expect((8 + Number(new DataView(file.buffer).getBigUint64(0, true))) % 8).toBe(0);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(readSafetensors(shifted.subarray(1)).tensors.get('doubles')?.data[0]).toBe(Math.PI);
  });
  it('widens half floats', () => {
    const bytes = fileOf(
      JSON.stringify({
        h: { dtype: 'F16', shape: [4], data_offsets: [0, 8] },
        b: { dtype: 'BF16', shape: [1], data_offsets: [8, 10] },
      }),
      10,
    );
    const words = [0x3c00, 0xc000, 0x0001, 0x7c00, 0xbf80];
    const view = new DataView(bytes.buffer, bytes.length - 10);
    for (const [i, word] of words.entries()) view.setUint16(2 * i, word, true);
    const { tensors: read } = readSafetensors(bytes);
    expect([...read.get('h')!.data]).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY]);
    expect([...read.get('b')!.data]).toEqual([-1]);
  });
});

it('takes further texts without touching a tensor', () => {
  const tensor = { dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) } as const;
  const file = withMetadata(writeSafetensors(new Map([['a', tensor]]), { format: 'pt', step: '7' }), {
    card: 'Größe | of a card\n',
    step: '8',
  });
  const { tensors, metadata } = readSafetensors(file);
  expect(metadata).toEqual({ format: 'pt', step: '8', card: 'Größe | of a card\n' });
  expect(tensors.get('a')).toEqual(tensor);
  expect(() => withMetadata(new Uint8Array(30), {})).toThrow(AppError);
});

describe('hostile files', () => {
  it.each([
    ['too short', Uint8Array.of(1, 2, 3), 'too short'],
    ['header longer than the file', new Uint8Array(20).fill(255), 'claims'],
    ['not JSON', fileOf('{"a":'), 'not JSON'],
    ['not a table', fileOf('[1,2,3]'), 'table'],
    ['deeply nested', fileOf(`${'['.repeat(200_000)}`), 'not JSON'],
    ['unknown type', fileOf(entry('F7', [1], [0, 4]), 4), 'unknown type'],
    ['a type from the prototype', fileOf(entry('toString', [1], [0, 4]), 4), 'unknown type'],
    ['negative size', fileOf(entry('F32', [-1], [0, 4]), 4), 'shape'],
    ['huge shape', fileOf(entry('F32', [2 ** 40, 2 ** 40], [0, 4]), 4), 'fill'],
    ['offsets reversed', fileOf(entry('F32', [1], [4, 0]), 4), 'offsets'],
    ['offsets beyond the end', fileOf(entry('F32', [2], [0, 8]), 4), 'cut short'],
    ['shape and bytes disagree', fileOf(entry('F32', [3], [0, 4]), 4), 'fill'],
    ['bytes of nobody', fileOf(entry('F32', [1], [4, 8]), 8), 'belong to nothing'],
    ['trailing bytes', fileOf(entry('F32', [1], [0, 4]), 9), 'what follows them'],
    ['polluting name', fileOf('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), 'forbidden'],
    ['polluting metadata', fileOf('{"__metadata__":{"__proto__":"x"}}'), 'forbidden'],
    ['metadata not text', fileOf('{"__metadata__":{"step":3}}'), 'not text'],
    [
      'overlap',
      fileOf(
        '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
        6,
      ),
      'overlaps',
    ],
  ])('%s', (_, bytes, reason) => expect(refusal(bytes)).toContain(reason));

  it('never fails in any other way, whatever the header says', () => {
    const claim = fc.record({
      dtype: fc.oneof(fc.constantFrom('F32', 'U8', 'I64', 'F16'), fc.string()),
      shape: fc.oneof(fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 4 }), fc.jsonValue()),
      data_offsets: fc.oneof(fc.tuple(fc.nat(40), fc.nat(40)), fc.jsonValue()),
    });
    const header = fc.oneof(fc.dictionary(fc.string(), fc.oneof(claim, fc.jsonValue())), fc.jsonValue());
    fc.assert(
      fc.property(header, fc.nat(40), (value, size) => {
        expect(refusal(fileOf(JSON.stringify(value), size))).toBeTypeOf('string');
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => refusal(bytes).length > 0));
  });
});

describe.skipIf(!hasParity)('reference files (skipped without ../shared/parity)', () => {
  it('reads each one and writes it back to the same content', () => {
    const names = readdirSync(PARITY).filter((name) => name.endsWith('.safetensors'));
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) {
      const read = readSafetensors(new Uint8Array(readFileSync(new URL(name, PARITY))));
      expect(read.tensors.size).toBeGreaterThan(0);
      if (!name.startsWith('metrics') && !name.startsWith('linear')) continue;
      const again = readSafetensors(
        writeSafetensors(read.tensors as Map<string, StoredTensor<WritableDtype>>, read.metadata),
      );
      expect(again).toEqual(read);
    }
  });
});
