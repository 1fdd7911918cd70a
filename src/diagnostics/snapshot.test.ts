// Snapshots: thinned evenly, the same after a file, refused where a file is not what it says; as arrays they have their steps first.

import { describe, expect, test } from 'vitest';
import { Rng } from '../util/rng.ts';
import { readSafetensors, writeSafetensors } from '../util/safetensors.ts';
import { snapshotArrays } from './arrays.ts';
import { mapsOf, measureFeatures, withMaps } from './probe.ts';
import {
  bytesOf,
  dimensionsOf,
  MOST_BYTES,
  MOST_SNAPSHOTS,
  readSnapshots,
  type Snapshot,
  withSnapshot,
  writeSnapshots,
} from './snapshot.ts';

function snapshotAt(step: number, dims: Record<string, number> = { level1: 3, global: 300 }): Snapshot {
  const rng = new Rng(step, 'synthetic');
  const rows = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
  const outputs = Object.entries(dims).map(([name, dim]) => ({
    name,
    dim,
    whole: rows(12 * dim),
    views: [rows(4 * dim), rows(4 * dim)] as const,
  }));
  const scores = [
    { finding: 'Effusion', auroc: 0.6 + step / 1000, positives: 3 },
    { finding: 'Mass', auroc: Number.NaN, positives: 0 },
  ];
  const features = { step, films: 12, viewed: 4, outputs, known: null };
  const measured = measureFeatures(features, () => {
    throw new Error('nobody is asked');
  });
  return {
    ...withMaps(measured, mapsOf(features)),
    seconds: 0.25,
    neighbours: { bank: 8, asked: 4, scores },
  };
}

describe('as many as are kept', () => {
  const at = (step: number, bytes = 0): Snapshot => ({
    step,
    films: 1,
    viewed: 1,
    seconds: 0,
    neighbours: null,
    outputs: bytes ? [{ ...snapshotAt(1).outputs[0]!, correlation: new Int8Array(bytes) }] : [],
  });

  test('are evenly spread, the first and the last always there', () => {
    let kept: readonly Snapshot[] = [];
    for (let look = 0; look <= 1000; look++) {
      kept = withSnapshot(kept, at(25 * look), 25);
      expect(kept.length).toBeLessThanOrEqual(MOST_SNAPSHOTS);
      expect(kept[0]!.step).toBe(0);
      expect(kept.at(-1)!.step).toBe(25 * look);
      const gaps = kept.slice(1, -1).map(({ step }, i) => step - kept[i]!.step);
      expect(new Set(gaps).size).toBeLessThanOrEqual(1);
    }
    expect(kept.length).toBeGreaterThan(MOST_SNAPSHOTS / 2);
  });

  test('are fewer where they are large, and a past that is gone goes', () => {
    let kept: readonly Snapshot[] = [];
    for (let look = 0; look < 40; look++) kept = withSnapshot(kept, at(look, MOST_BYTES / 10), 1);
    expect(bytesOf(kept)).toBeLessThanOrEqual(MOST_BYTES);
    expect(kept.length).toBeGreaterThan(4);
    expect(withSnapshot([at(0), at(25), at(50)], at(25), 25).map(({ step }) => step)).toEqual([0, 25]);
  });
});

describe('as a file', () => {
  const snapshots = [snapshotAt(0), snapshotAt(25)];
  const file = writeSnapshots(snapshots);

  test('they are the same', () => {
    expect(readSnapshots(file)).toEqual(snapshots);
    expect(readSnapshots(writeSnapshots([]))).toEqual([]);
  });

  const changed = (change: (text: string) => string) => {
    const { tensors, metadata } = readSafetensors(file);
    return writeSafetensors(tensors as Parameters<typeof writeSafetensors>[0], {
      snapshots: change(metadata.snapshots!),
    });
  };
  test.each<[string, () => Uint8Array]>([
    ['not a file', () => new Uint8Array(20)],
    ['no list', () => changed(() => '{"a":1}')],
    ['cut text', () => changed((text) => text.slice(0, -3))],
    ['steps that do not rise', () => changed((text) => text.replaceAll('"step":25', '"step":0'))],
    ['an output that is not there', () => changed((text) => text.replaceAll('level1', 'level2'))],
    ['a step that is no count', () => changed((text) => text.replaceAll('"step":25', '"step":-25'))],
    ['far too many', () => changed((text) => `[${Array(99).fill(text.slice(1, -1)).join(',')}]`)],
  ])('%s is refused', (_, make) => {
    expect(() => readSnapshots(make())).toThrow();
  });

  test('a map of another size than its dimensions have is refused', () => {
    const [one] = snapshots;
    const odd = { ...one!, outputs: [{ ...one!.outputs[0]!, std: new Float32Array(5) }] };
    expect(() => readSnapshots(writeSnapshots([odd]))).toThrow(/disagree/);
  });
});

test('a row of the map names the dimensions that it stands for, those with most variance first', () => {
  const { outputs } = snapshotAt(0);
  const [small, large] = outputs;
  expect(dimensionsOf(small!, 0)).toHaveLength(1);
  const all = Array.from({ length: large!.blocks }, (_, block) => dimensionsOf(large!, block)).flat();
  expect(new Set(all).size).toBe(300);
  expect(dimensionsOf(large!, 3)).toHaveLength(2);
  expect(large!.std[all[0]!]).toBe(Math.max(...large!.std));
});

test('arrays have the steps first', () => {
  const arrays = new Map(snapshotArrays([snapshotAt(0), snapshotAt(25), snapshotAt(50)]));
  expect([...arrays.get('steps')!.data]).toEqual([0, 25, 50]);
  expect(arrays.get('global.eigenvalues')!.shape).toEqual([3, 11]);
  expect(arrays.get('global.correlation')!.shape).toEqual([3, 150, 150]);
  expect(arrays.get('level1.rankme')!.data).toHaveLength(3);
  expect(arrays.get('neighbours.findings')!.data).toEqual(['Effusion', 'Mass']);
  expect(arrays.get('neighbours.auroc')!.data[2]).toBeCloseTo(0.625);
  for (const [name, { shape, data }] of arrays) {
    expect([name, data.length]).toEqual([name, shape.reduce((product, size) => product * size, 1)]);
  }
  expect(snapshotArrays([])[0]![1].shape).toEqual([0]);
});
