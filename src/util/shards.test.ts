import { expect, it } from 'vitest';
import { readSafetensors, type StoredTensor, type WritableDtype, writeSafetensors } from './safetensors.ts';
import { joinShards, type NamedBytes } from './shards.ts';

const tensor = (...data: number[]): StoredTensor<WritableDtype> => ({
  dtype: 'F32',
  shape: [data.length],
  data: Float32Array.from(data),
});
const part = (name: string, tensors: Record<string, StoredTensor<WritableDtype>>): NamedBytes => ({
  name,
  bytes: writeSafetensors(new Map(Object.entries(tensors)), { format: 'pt' }),
});
const index = (map: Record<string, unknown>): NamedBytes => ({
  name: 'model.safetensors.index.json',
  bytes: new TextEncoder().encode(JSON.stringify({ metadata: { total_size: 12 }, weight_map: map })),
});
const ONE = 'model-00001-of-00002.safetensors';
const TWO = 'model-00002-of-00002.safetensors';
const parts = [part(ONE, { a: tensor(1) }), part(TWO, { b: tensor(2, 3) })];

it('joins the files of an index, in any order, and leaves a single file as it is', () => {
  expect(joinShards([parts[0]!])).toBe(parts[0]!.bytes);
  for (const files of [[...parts, index({ a: ONE, b: TWO })], [index({ a: ONE, b: TWO }), ...parts], parts]) {
    const { tensors, metadata } = readSafetensors(joinShards(files));
    expect(metadata).toEqual({ format: 'pt' });
    expect(Object.fromEntries(tensors)).toEqual({ a: tensor(1), b: tensor(2, 3) });
  }
});

it('widens 16-bit floats as a single file does', () => {
  const header = JSON.stringify({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } });
  const bytes = new Uint8Array(8 + header.length + 2);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set([0xc0, 0x3f], 8 + header.length);
  const half = { name: ONE, bytes };
  const { tensors } = readSafetensors(joinShards([half, index({ a: ONE })]));
  expect(tensors.get('a')).toEqual(tensor(1.5));
});

it.each([
  [
    'a part that is not there',
    [parts[0]!, index({ a: ONE, b: TWO })],
    /model-00002-of-00002.*choose the index and all/,
  ],
  ['the index alone', [index({ a: ONE, b: TWO })], /model-00001-of-00002\.safetensors and 1 more/],
  ['a tensor that is nowhere', [...parts, index({ a: ONE, b: TWO, c: TWO })], /c is not in the file/],
  ['a tensor that is there twice', [parts[0]!, part(TWO, { a: tensor(1) })], /a is in two of its files/],
  ['an index that leads elsewhere', [index({ a: '../other.safetensors' })], /no weight_map/],
  ['an index of something else', [{ name: 'x.index.json', bytes: new Uint8Array(3) }], /not JSON/],
])('refuses %s', (_, files, reason) => {
  expect(() => joinShards(files)).toThrow(reason);
});
