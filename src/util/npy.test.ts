// Arrays for NumPy: the bytes that NumPy itself writes, what this program's own reader makes of them, and, where there is a python3
// with NumPy, what that reads.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readNpy } from '../data/raster/npy.ts';
import { type NpyArray, npyBytes, npzBytes } from './npy.ts';

const ARRAYS: readonly (readonly [string, NpyArray])[] = [
  ['features', { shape: [2, 3], data: Float32Array.of(0.5, -1, 2, 3, 4, Number.NaN) }],
  ['scores', { shape: [1], data: Float64Array.of(Math.PI) }],
  ['labels', { shape: [2, 2], data: Uint8Array.of(0, 1, 255, 1) }],
  ['step', { shape: [], data: BigInt64Array.of(-7n) }],
  ['findings', { shape: [2], data: ['effusion', 'Émphysème 𝛼'] }],
  ['none', { shape: [0, 4], data: new Int32Array(0) }],
];

describe('npy', () => {
  it('has the bytes that NumPy writes', () => {
    const words = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    const bytes = npyBytes(ARRAYS[0]![1]);
    expect(bytes).toHaveLength(128 + 24);
    expect(Buffer.from(bytes.subarray(0, 128)).toString('latin1')).toBe(
      `\x93NUMPY\x01\x00\x76\x00${words.padEnd(117)}\n`,
    );
    expect(new Float32Array(bytes.slice(128).buffer)).toEqual(ARRAYS[0]![1].data);
  });

  it('is read by the reader of films', async () => {
    const bytes = npyBytes({ shape: [2, 1, 3], data: Uint16Array.of(1, 2, 3, 4, 5, 65535) });
    const read = await readNpy(new Blob([bytes]).stream(), bytes.length);
    expect(read).toMatchObject({ descr: '<u2', itemSize: 2, shape: [2, 1, 3] });
    expect(new Uint16Array(await read.body.arrayBuffer())).toEqual(Uint16Array.of(1, 2, 3, 4, 5, 65535));
  });

  it('takes a view of a larger buffer for what it shows, and refuses a shape that is another', () => {
    const part = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    expect(npyBytes({ shape: [2], data: part })).toEqual(
      npyBytes({ shape: [2], data: Float32Array.of(1, 2) }),
    );
    expect(() => npyBytes({ shape: [3], data: part })).toThrow(/2 values are no array of shape \(3,\)/);
  });
});

const found = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import numpy']).status === 0,
);

describe('npz', () => {
  it('stores arrays by name; equal ones are equal files', () => {
    const bytes = npzBytes(ARRAYS);
    const members = unzipSync(bytes);
    expect(Object.keys(members)).toEqual(ARRAYS.map(([name]) => `${name}.npy`));
    for (const [name, array] of ARRAYS) expect(members[`${name}.npy`]).toEqual(npyBytes(array));
    expect(npzBytes(ARRAYS)).toEqual(bytes);
  });

  it.skipIf(!found)(
    `is what NumPy reads ${found ? `with ${found}` : '(skipped: no python3 with NumPy)'}`,
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'npz-'));
      writeFileSync(path.join(folder, 'a.npz'), npzBytes(ARRAYS));
      const program = `
import json, numpy
arrays = numpy.load("a.npz", allow_pickle=False)
print(json.dumps({k: [str(v.dtype), list(v.shape), [str(x) for x in v.ravel()]] for k, v in arrays.items()}))`;
      const { stdout, stderr } = spawnSync(found!, ['-c', program], { cwd: folder, encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        features: ['float32', [2, 3], ['0.5', '-1.0', '2.0', '3.0', '4.0', 'nan']],
        scores: ['float64', [1], ['3.141592653589793']],
        labels: ['uint8', [2, 2], ['0', '1', '255', '1']],
        step: ['int64', [], ['-7']],
        findings: ['<U11', [2], ['effusion', 'Émphysème 𝛼']],
        none: ['int32', [0, 4], []],
      });
    },
  );
});
