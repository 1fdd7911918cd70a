// The parity runner on fixtures made here: it finds agreement where there is agreement, and says so by name where a
// value is wrong, a file is damaged, or a kind is unknown. The recorded fixtures themselves: e2e/tests/parity.spec.ts.

import { afterEach, describe, expect, test } from 'vitest';
import { testDevice } from '../../gpu/testDevice.ts';
import type { ParityRow } from '../../protocol/device.ts';
import { Rng } from '../../util/rng.ts';
import { type StoredTensor, type WritableDtype, writeSafetensors } from '../../util/safetensors.ts';
import { runParity } from './index.ts';
import { checksum, Rows } from './rows.ts';

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

type Tensor = StoredTensor<WritableDtype>;
const single = (data: ArrayLike<number>, ...shape: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(data),
});

/** A pair of embeddings with its invariance term, by the formulas, in double precision. */
function lossFixture(n: number, d: number, seed: number, factor = 1) {
  const rng = new Rng(seed, 'init');
  const [a, b] = [0, 1].map(() => Float32Array.from({ length: n * d }, () => rng.normal())) as [
    Float32Array,
    Float32Array,
  ];
  const sim = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / (n * d);
  const gradient = Array.from(a, (value, i) => (2 * (value - b[i]!)) / (n * d));
  const name = `loss-n${n}d${d}`;
  const tensors = new Map([
    ['z1', single(a, n, d)],
    ['z2', single(b, n, d)],
    ['grad_sim_z1', single(gradient, n, d)],
  ]);
  const coeffs = { sim: 25, std: 25, cov: 1 };
  return { name, tensors, json: { mode: 'plain', coeffs, values_f64: { sim: sim * factor } } };
}

const metrics = {
  name: 'metrics-small',
  tensors: new Map<string, Tensor>([
    ['labels', { dtype: 'U8', shape: [4], data: Uint8Array.of(0, 1, 0, 1) }],
    ['scores', single([0.1, 0.9, 0.4, 0.4], 4)],
  ]),
  json: { values: { auroc: 0.875, average_precision: 1 / 2 + (1 / 2) * (2 / 3) } },
};

type Made = { name: string; tensors: Map<string, Tensor>; json: object };

function folder(kinds: Record<string, Made[]>): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (name: string, value: object) =>
    files.set(name, new TextEncoder().encode(JSON.stringify(value)));
  for (const [kind, fixtures] of Object.entries(kinds)) {
    const described = fixtures.map(({ name, json }) => ({ ...json, name, file: `${name}.safetensors` }));
    text(`${kind}.json`, { fixtures: described });
    for (const { name, tensors } of fixtures) files.set(`${name}.safetensors`, writeSafetensors(tensors));
  }
  const index = Object.entries(kinds).map(([kind, fixtures]) => ({
    kind,
    fixtures: fixtures.map(({ name }) => ({ name })),
  }));
  text('index.json', { kinds: index });
  return files;
}

async function check(files: Map<string, Uint8Array>, kinds: string[] = []): Promise<ParityRow[]> {
  const { runtime } = await testDevice();
  const rows: ParityRow[] = [];
  for await (const more of runParity({ files, kinds }, runtime)) rows.push(...more);
  return rows;
}

describe('the parity runner', () => {
  test.each([
    [2, 16],
    [7, 5],
    [6, 13],
  ])('agrees with the formulas for %i embeddings of %i dimensions', async (n, d) => {
    const rows = await check(folder({ loss: [lossFixture(n, d, n)] }));
    expect(rows.map(({ quantity }) => quantity)).toEqual(['sim', 'grad_sim_z1']);
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  });

  test('names the one value that is wrong', async () => {
    const rows = await check(folder({ loss: [lossFixture(4, 6, 1), lossFixture(5, 6, 2, 1.0001)] }));
    expect(rows.filter(({ ok }) => !ok)).toMatchObject([
      { fixture: 'loss-n5d6', quantity: 'sim', tolerance: 1e-5 },
    ]);
    expect(rows.find(({ ok }) => !ok)!.error).toBeCloseTo(1e-4, 6);
  });

  test('fails unknown kinds and damaged files, and goes on', async () => {
    const files = folder({ tea: [metrics], loss: [lossFixture(3, 4, 1)], metrics: [metrics] });
    files.set('loss-n3d4.safetensors', Uint8Array.of(1, 2, 3));
    const rows = await check(files);
    expect(rows.filter(({ ok }) => !ok).map(({ fixture, quantity }) => [fixture, quantity])).toEqual([
      ['tea', 'is a known kind'],
      ['loss-n3d4', 'runs'],
    ]);
    expect(rows.filter(({ fixture }) => fixture === 'metrics-small').map(({ quantity }) => quantity)).toEqual(
      ['auroc', 'average_precision'],
    );
  });

  test('says of methods that are not here that they are not, and fails none of them', async () => {
    const pair = [single([1, 2, 3, 4], 2, 2), single([2, 1, 0, 3], 2, 2)] as const;
    const tensors = new Map([
      ['z1', pair[0]],
      ['z2', pair[1]],
    ]);
    const json = { method: 'tea', config: {}, values_f64: { total: 1 } };
    const rows = await check(folder({ objective: [{ name: 'tea-n2d2', tensors, json }] }));
    expect(rows).toMatchObject([{ fixture: 'tea-n2d2', ok: false, unchecked: true }]);
  });

  test('fails what the index promises and nothing holds', async () => {
    expect(await check(new Map())).toMatchObject([{ fixture: 'index.json', ok: false }]);
    const files = folder({ metrics: [metrics] });
    expect(await check(files, ['loss'])).toMatchObject([{ fixture: 'loss', ok: false }]);
    files.set('metrics.json', new TextEncoder().encode('{"fixtures": []}'));
    expect(await check(files)).toMatchObject([{ fixture: 'metrics-small', ok: false }]);
  });
});

describe('rows', () => {
  test('a value that is not a number is outside, whatever the measure', () => {
    const rows = new Rows('f');
    for (const name of ['norm', 'rate', 'metric', 'viewMean'] as const) {
      rows.compare(name, name, [1, Number.NaN, 1], [1, 1, 1]);
    }
    expect(rows.list.map(({ ok, error }) => [ok, error])).toEqual(
      Array.from({ length: 4 }, () => [false, Number.MAX_VALUE]),
    );
  });
  test('a zero reference is compared absolutely; lengths must agree', () => {
    const rows = new Rows('f');
    rows.compare('norm', 'q', [0, 2e-3], [0, 0]);
    expect(rows.list[0]).toMatchObject({ error: 2e-3, ok: false });
    expect(() => rows.compare('norm', 'q', [1], [1, 2])).toThrow('recorded');
    expect(() => rows.compare('metric', 'q', [1], [1, 2])).toThrow('recorded');
  });
  test('the checksum knows the order', () => {
    expect(checksum([1, 2, 3])).toBeCloseTo(1 * -0.5 + 2 * (856 / 1009 - 0.5) + 3 * (703 / 1009 - 0.5), 12);
  });
});
