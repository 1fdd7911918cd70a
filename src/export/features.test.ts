// Features as a NumPy archive and as a table: every array under its name, scores as the layer gives them, no name of a film.

import { unzipSync } from 'fflate';
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { npyBytes } from '../util/npy.ts';
import { type StoredTensor, type WritableDtype, writeSafetensors } from '../util/safetensors.ts';
import { featuresCsv, featuresNpz, readFeatures } from './features.ts';

const f32 = (shape: number[], ...data: number[]): StoredTensor<WritableDtype> => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(data),
});
const file = writeSafetensors(
  new Map<string, StoredTensor<WritableDtype>>([
    ['h', f32([3, 2], 1, 2, 3, 4, 0.5, -1)],
    ['plain', f32([3, 2], 0, 1, 0, 2, 0, 3)],
    ['level1', f32([3, 1], 7, 8, 9)],
    ['split', { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 2, 255) }],
    ['labels', { dtype: 'U8', shape: [3, 2], data: Uint8Array.of(0, 1, 1, 255, 1, 0) }],
  ]),
  { findings: JSON.stringify(['effusion', 'mass, large']) },
);
const layer = { findings: ['effusion'], weight: [1, -1], bias: [0.5], attended: true };

it('holds every array, and what the layer says of each film', () => {
  const members = unzipSync(featuresNpz(readFeatures(file, layer)));
  const names = [
    'h',
    'plain',
    'level1',
    'split',
    'labels',
    'findings',
    'parts',
    'logits',
    'scores',
    'score_findings',
  ];
  expect(Object.keys(members).sort()).toEqual(names.map((name) => `${name}.npy`).sort());
  expect(members['level1.npy']).toEqual(npyBytes({ shape: [3, 1], data: Float32Array.of(7, 8, 9) }));
  expect(members['logits.npy']).toEqual(npyBytes({ shape: [3, 1], data: Float64Array.of(-0.5, -0.5, 2) }));
  const plain = unzipSync(featuresNpz(readFeatures(file, { ...layer, attended: false })));
  expect(plain['logits.npy']).toEqual(npyBytes({ shape: [3, 1], data: Float64Array.of(-0.5, -1.5, -2.5) }));
});

it('is a table with a line for each film', () => {
  const { data } = Papa.parse<string[]>(featuresCsv(readFeatures(file, layer)), { skipEmptyLines: true });
  expect(data[0]).toEqual(['film', 'part', 'effusion', 'mass, large', 'score effusion', 'h0', 'h1']);
  expect(data[1]!.slice(0, 4)).toEqual(['0', 'train', '0', '1']);
  expect(data[2]!.slice(0, 4)).toEqual(['1', 'test', '1', '']);
  expect(data[3]!.slice(1)).toEqual(['out', '1', '0', String(1 / (1 + Math.exp(-2))), '0.5', '-1']);
  expect(featuresCsv(readFeatures(file)).split('\n')[0]).toBe('film,part,effusion,"mass, large",h0,h1');
});

it('refuses a file that holds none', () => {
  expect(() => readFeatures(writeSafetensors(new Map([['x', f32([1], 1)]])))).toThrow(/holds no features/);
});
