// The vault on folders in memory: what is kept, and that a write cut at any byte leaves a whole run behind.

import { describe, expect, it } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import { metricNames, type StepSample } from '../protocol/metrics.ts';
import type { KeptCheckpoint, RunRecord } from '../protocol/vault.ts';
import { type Folder, MemoryStorage } from './folder.ts';
import { BLOCK, blocksOf, checksumOf } from './records.ts';
import { addRun, listRuns, readRunCheckpoint, readRunSeries } from './runs.ts';
import { RunVault, retained } from './runVault.ts';
import { packRows, reorder, SERIES_FILE } from './seriesFile.ts';

const METRIC_NAMES = metricNames({ method: 'mlvicx' });

const ID = '11111111-2222-3333-4444-555555555555';

const fresh = (changes: Partial<RunRecord> = {}): RunRecord => ({
  version: 1,
  id: ID,
  state: 'running',
  createdAt: 1,
  updatedAt: 1,
  config: presetConfig('smoke'),
  changes: [],
  start: 'random',
  data: { fingerprint: 'f', films: 3 },
  totalSteps: 40,
  stepsPerEpoch: 10,
  computedBy: {},
  step: 0,
  activeSeconds: 0,
  checkpoints: [],
  series: { first: 0, rows: 0, metrics: METRIC_NAMES },
  marks: [],
  last: {},
  thumbnail: [],
  failure: null,
  ...changes,
});

const sample = (step: number): StepSample => ({
  step,
  activeSeconds: step / 2,
  values: Float64Array.from(METRIC_NAMES, (_, i) => (i === 3 ? Number.NaN : step + i / 100)),
});
const samples = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => sample(from + i));
const bytesFor = (step: number) => Uint8Array.from({ length: 100 + step }, (_, i) => (i * step) % 251);

async function saved(vault: RunVault, from: number, to: number, total: number | null = 10): Promise<void> {
  const parts = [bytesFor(to).subarray(0, 40), bytesFor(to).subarray(40)];
  await vault.saveCheckpoint({ step: to, parts, total, samples: samples(from, to), patch: { step: to } });
}

/** Lets only so many bytes through, then fails as a disk that is full or pulled out. */
function failing(inner: Folder, budget: number): Folder {
  let left = budget;
  return {
    read: (name) => inner.read(name),
    remove: (name) => inner.remove(name),
    sizes: () => inner.sizes(),
    async write(name, blocks, at) {
      const taken: Uint8Array<ArrayBuffer>[] = [];
      for await (const block of blocks) {
        const fits = block.subarray(0, Math.max(0, left));
        left -= block.length;
        taken.push(fits);
        if (left < 0) break;
      }
      await inner.write(name, taken, at);
      if (left < 0) throw new DOMException('full', 'QuotaExceededError');
    },
  };
}

describe('checksums', () => {
  it('do not depend on how the bytes come in parts, and notice any change', async () => {
    const bytes = Uint8Array.from({ length: BLOCK + 77 }, (_, i) => i % 253);
    expect([...blocksOf([bytes])].map(({ length }) => length)).toEqual([BLOCK, 77]);
    const parts = [bytes.subarray(0, 5), bytes.subarray(5, BLOCK + 3), bytes.subarray(BLOCK + 3)];
    const joined = [...blocksOf(parts)].flatMap((block) => [block.length, block[0], block.at(-1)]);
    expect(joined).toEqual([BLOCK, bytes[0], bytes[BLOCK - 1], 77, bytes[BLOCK], bytes.at(-1)]);
    const before = await checksumOf(bytes);
    bytes[BLOCK + 1]! ^= 1;
    expect(await checksumOf(bytes)).not.toBe(before);
  });
});

describe('what is kept', () => {
  it('is the last two, the best and what has a name', () => {
    const entry = (step: number, total: number | null, name: string | null = null) =>
      ({ step, total, name }) as KeptCheckpoint;
    const all = [entry(0, null), entry(5, 9, 'mine'), entry(10, 3), entry(15, 4), entry(20, 5), entry(25, 6)];
    expect(retained(all).map(({ step }) => step)).toEqual([5, 10, 20, 25]);
    expect(retained([entry(0, null)])).toHaveLength(1);
  });

  it('is on the disk, and nothing else', async () => {
    const storage = new MemoryStorage();
    const folder = await storage.open(ID);
    const vault = await RunVault.create(folder, fresh());
    for (const [from, to, total] of [
      [0, 5, 3],
      [5, 10, 9],
      [10, 15, 8],
      [15, 20, 7],
    ] as const) {
      await saved(vault, from, to, total);
    }
    const files = [...(await folder.sizes()).keys()].filter((name) => name.startsWith('step-'));
    expect(files.map((name) => name.split('-')[1]).sort()).toEqual(['15', '20', '5']);
    const [listed] = await listRuns(storage);
    expect(listed).toMatchObject({ id: ID, state: 'interrupted', inUse: false, step: 20 });
    expect(listed!.bytes).toBeGreaterThan(400);
    expect(await readRunSeries(storage, listed!)).toEqual(samples(0, 20));
  });

  it('of an earlier version goes on in the order in which its curves were written, and gains what is new', async () => {
    for (const stored of [METRIC_NAMES.toReversed(), METRIC_NAMES.slice(2)]) {
      const shelf = new MemoryStorage();
      const folder = await shelf.open(ID);
      const { method: _, ...config } = presetConfig('smoke');
      const series = { first: 0, rows: 3, metrics: stored };
      await RunVault.create(folder, fresh({ series, config: config as Config }));
      const rows = reorder(samples(0, 3), METRIC_NAMES, stored);
      await folder.write(SERIES_FILE, [packRows(rows, stored.length)], 0);

      const vault = (await RunVault.open(folder, ID))!;
      await vault.addRows(samples(3, 5));
      const known = (values: Float64Array) => values.slice(METRIC_NAMES.length - stored.length);
      expect((await vault.series()).map(({ step, values }) => [step, known(values)])).toEqual(
        samples(0, 5).map(({ step, values }) => [step, known(values)]),
      );
      const kept = stored.length === METRIC_NAMES.length ? stored : METRIC_NAMES;
      expect(vault.record.series).toMatchObject({ rows: 5, metrics: kept });
      const [listed] = await listRuns(shelf);
      expect(await readRunSeries(shelf, listed!)).toEqual(await vault.series());
    }
  });

  it('comes back after rewinding with later rows and checkpoints forgotten', async () => {
    const folder = await new MemoryStorage().open(ID);
    const vault = await RunVault.create(folder, fresh());
    await saved(vault, 0, 5);
    await saved(vault, 5, 10);
    await vault.rewind(5);
    expect(await vault.series()).toEqual(samples(0, 5));
    expect(vault.record.checkpoints.map(({ step }) => step)).toEqual([5]);
    await saved(vault, 5, 8);
    expect(await vault.series()).toEqual(samples(0, 8));
  });
});

describe('a write that fails or is cut', () => {
  it('at any byte leaves the checkpoint before it, or the new one whole', async () => {
    const outcomes = new Set<number>();
    for (let budget = 0; budget < 9000; budget += 97) {
      const folder = await new MemoryStorage().open(ID);
      const vault = await RunVault.create(folder, fresh());
      await saved(vault, 0, 5);
      await saved(vault, 5, 10);
      const weak = (await RunVault.open(failing(folder, budget), ID))!;
      await saved(weak, 10, 15).catch(() => undefined);
      const again = (await RunVault.open(folder, ID))!;
      const point = (await again.restorePoint())!;
      expect(point.bytes).toEqual(bytesFor(point.entry.step));
      expect((await again.series()).slice(0, point.entry.step)).toEqual(samples(0, point.entry.step));
      outcomes.add(point.entry.step);
    }
    expect([...outcomes].sort((a, b) => a - b)).toEqual([10, 15]);
  });

  it('is passed over with its reason when the file rots afterwards', async () => {
    const storage = new MemoryStorage();
    const folder = await storage.open(ID);
    const vault = await RunVault.create(folder, fresh());
    await saved(vault, 0, 5);
    await saved(vault, 5, 10);
    const { file } = vault.record.checkpoints.at(-1)!;
    const bytes = (await folder.read(file))!;
    bytes[7]! ^= 4;
    await folder.write(file, [bytes]);
    const point = (await readRunCheckpoint(storage, ID))!;
    expect(point.entry.step).toBe(5);
    expect(point.refused).toEqual(['step 10: its file is damaged']);
    await folder.write(file, [bytes.subarray(0, 20)]);
    expect((await vault.restorePoint())!.refused).toEqual(['step 10: its file was cut short']);
    await folder.remove(vault.record.checkpoints[0]!.file);
    expect(await vault.restorePoint()).toBeNull();
  });

  it('to the record leaves the record before; without any, the run is not listed', async () => {
    const storage = new MemoryStorage();
    const folder = await storage.open(ID);
    const vault = await RunVault.create(folder, fresh());
    await vault.update({ step: 3 });
    await vault.update({ step: 4 });
    const slots = await Promise.all(['record-0', 'record-1'].map((name) => folder.read(name)));
    const newest = slots.findIndex((bytes) => new TextDecoder().decode(bytes!).includes('"step":4'));
    await folder.write(`record-${newest}`, [slots[newest]!.subarray(0, 200)]);
    expect((await RunVault.open(folder, ID))!.record.step).toBe(3);
    await folder.write(`record-${1 - newest}`, [new Uint8Array(9)]);
    expect(await listRuns(storage)).toEqual([]);
  });
});

describe('a run from elsewhere', () => {
  it('gets an id and files of its own; a record that is not valid is refused and leaves nothing', async () => {
    const storage = new MemoryStorage();
    const checkpoint = { file: '../../x', step: 3, bytes: 1, checksum: '' };
    const bad = { ...fresh(), checkpoints: [checkpoint] };
    const given = { samples: samples(0, 5), checkpoint: bytesFor(5) };
    await expect(addRun(storage, { record: bad, ...given })).rejects.toMatchObject({
      code: 'checkpoint-invalid',
    });
    expect(await storage.ids()).toEqual([]);
    const { id } = await addRun(storage, { record: fresh({ step: 5 }), ...given });
    expect(id).not.toBe(ID);
    expect(await listRuns(storage)).toMatchObject([{ id, state: 'paused', step: 5 }]);
    expect((await readRunCheckpoint(storage, id))!.bytes).toEqual(bytesFor(5));
  });
});
