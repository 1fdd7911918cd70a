// Trainings of an evaluation that is cut and asked for again, on a training that only counts: nothing is trained twice, the one under
// way goes on where it was kept, and what is of another evaluation is not taken.
import { expect, test } from 'vitest';
import { type Config, defaultConfig } from '../config/schema.ts';
import { Unfit } from '../util/schema.ts';
import { TestDisk } from './testTrainings.ts';
import { type Asked, type Keep, type Stored, Trainings, trainingsKey } from './trainings.ts';

const ASKED: Asked = { task: 'finetune', config: defaultConfig(), findings: ['a'], fingerprint: 'films' };
const WEIGHTS = new Map([['w', { data: Float32Array.of(1, 2) }]]);

/** Sums 1 to 5 from where it was; the sum before is a tensor. `cutAt` throws after so many steps. */
function counting(cutAt = Number.POSITIVE_INFINITY, seen: number[] = []) {
  return async (from: Stored | null, keep: Keep): Promise<Stored> => {
    let sum = Number(from?.tensors.get('sum')?.data[0] ?? 0);
    const stored = (step: number): Stored => ({
      facts: { step },
      tensors: new Map([['sum', { dtype: 'F64', shape: [1], data: Float64Array.of(sum) }]]),
    });
    for (let step = (from?.facts as { step: number } | undefined)?.step ?? 0; step < 5; step++) {
      if (step === cutAt) throw new Error('cut');
      sum += step + 1;
      seen.push(step);
      if (keep.due(step + 1)) keep.save(step + 1, `step ${step + 1}`, stored(step + 1));
    }
    return stored(5);
  };
}

const sumOf = ({ tensors }: Stored) => tensors.get('sum')!.data[0];

test('what was trained is not trained again, and what was cut goes on where it was kept', async () => {
  const disk = new TestDisk(2);
  const first = await Trainings.open(disk.open, ASKED, WEIGHTS);
  expect(sumOf(await first.run('one', counting()))).toBe(15);
  await expect(first.run('two', counting(3))).rejects.toThrow('cut');
  await first.close(false);
  expect(disk.words).toEqual(['one, step 2', 'one, step 4', 'one, trained', 'two, step 2']);

  const again = await Trainings.open(disk.open, ASKED, WEIGHTS);
  const never = () => Promise.reject(new Error('trained twice'));
  expect(sumOf(await again.run('one', never))).toBe(15);
  const seen: number[] = [];
  expect(sumOf(await again.run('two', counting(undefined, seen)))).toBe(15);
  expect(seen).toEqual([2, 3, 4]);
  expect(again.secondsBefore).toBeGreaterThan(0);
  await again.close(true);
  expect(disk.files.size).toBe(0);
});

test('a training whose kept state its task does not understand begins anew', async () => {
  const disk = new TestDisk(2);
  const first = await Trainings.open(disk.open, ASKED, WEIGHTS);
  await expect(first.run('one', counting(3))).rejects.toThrow('cut');
  const again = await Trainings.open(disk.open, ASKED, WEIGHTS);
  const seen: number[] = [];
  const strict = (from: Stored | null, keep: Keep) =>
    from ? Promise.reject(new Unfit('of another version')) : counting(undefined, seen)(from, keep);
  expect(sumOf(await again.run('one', strict))).toBe(15);
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

test('another setting of the task, other weights, films or findings are another evaluation', async () => {
  const key = (asked: Partial<Asked> = {}, weights = WEIGHTS) =>
    trainingsKey({ ...ASKED, ...asked }, weights);
  const changed = (changes: Partial<Config>) => key({ config: { ...ASKED.config, ...changes } });
  const own = await key();
  expect(own).toMatch(/^[0-9a-f]{64}$/);
  expect(await key()).toBe(own);
  // A setting of another task bears on nothing here.
  expect(await changed({ neighbourCount: 7 })).toBe(own);
  // Nor has one of another method, which a run that is read back from its checkpoint does not have.
  expect(await changed({ temperature: 0.3 })).toBe(own);
  const others = await Promise.all([
    changed({ tuneRate: 1e-2 }),
    changed({ labelShare: 0.1 }),
    changed({ seed: 99 }),
    changed({ width: 8 }),
    key({ findings: [] }),
    key({ fingerprint: 'others' }),
    key({ more: [0.1] }),
    key({}, new Map([['w', { data: Float32Array.of(1, 2.0000002) }]])),
    key({}, new Map([['v', { data: Float32Array.of(1, 2) }]])),
  ]);
  expect(new Set([own, ...others]).size).toBe(others.length + 1);
});

test('a file that cannot be understood is as none, and without a file all goes on', async () => {
  const disk = new TestDisk(2);
  disk.files.set(await trainingsKey(ASKED, WEIGHTS), Uint8Array.of(1, 2, 3));
  for (const open of [disk.open, async () => null, undefined]) {
    const trainings = await Trainings.open(open, ASKED, WEIGHTS);
    expect(sumOf(await trainings.run('one', counting()))).toBe(15);
    await trainings.close(true);
  }
});
