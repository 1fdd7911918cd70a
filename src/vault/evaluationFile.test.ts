// How far an evaluation is, in a folder in memory: the newest whole state comes back, a torn write leaves the one before, few wait.
import { beforeEach, expect, test } from 'vitest';
import { EvaluationFile, type EvaluationNote, listEvaluations } from './evaluationFile.ts';
import { MemoryStorage } from './folder.ts';

const KEY = 'ab'.repeat(32);
const note = (words: string, savedAt = 1): EvaluationNote => ({
  savedAt,
  task: 'finetune',
  runId: null,
  words,
});
const state = (value: number) => [Uint8Array.of(value, value), new Uint8Array(5).fill(value)];
const whole = (value: number) => new Uint8Array(7).fill(value);

let storage: MemoryStorage;
beforeEach(() => {
  storage = new MemoryStorage();
});

test('what was written last comes back, to whoever opens it later; reading makes no folder', async () => {
  expect(await new EvaluationFile(storage, KEY).read()).toBeNull();
  expect(await storage.ids()).toEqual([]);
  const file = new EvaluationFile(storage, KEY);
  for (const value of [1, 2, 3]) await file.write(state(value), note(`epoch ${value}`));
  expect(await new EvaluationFile(storage, KEY).read()).toEqual(whole(3));
  expect(await listEvaluations(storage)).toEqual([{ key: KEY, ...note('epoch 3') }]);
  const again = new EvaluationFile(storage, KEY);
  await again.write(state(4), note('epoch 4'));
  expect(await new EvaluationFile(storage, KEY).read()).toEqual(whole(4));
  await again.remove();
  expect(await storage.ids()).toEqual([]);
});

test('a write that is cut anywhere leaves the state before', async () => {
  await new EvaluationFile(storage, KEY).write(state(1), note('epoch 1'));
  const folder = await storage.open(KEY);
  const before = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of (await folder.sizes()).keys()) before.set(name, (await folder.read(name))!);
  await new EvaluationFile(storage, KEY).write(state(2), note('epoch 2'));
  const [written] = [...(await folder.sizes()).keys()].filter((name) => name.startsWith('state-'));
  expect(before.has(written!)).toBe(false);
  const bytes = (await folder.read(written!))!;
  for (const [name, content] of before) await folder.write(name, [content]);
  for (let end = 0; end < bytes.length; end++) {
    await folder.write(written!, [bytes.subarray(0, end)]);
    expect(await new EvaluationFile(storage, KEY).read()).toEqual(whole(1));
  }
  await folder.write(written!, [bytes]);
  expect(await new EvaluationFile(storage, KEY).read()).toEqual(whole(2));
  bytes[bytes.length - 1]! ^= 1;
  await folder.write(written!, [bytes]);
  expect(await new EvaluationFile(storage, KEY).read()).toEqual(whole(1));
});

test('only the newest two others wait', async () => {
  for (const [at, letter] of ['c', 'a', 'd', 'b'].entries()) {
    await new EvaluationFile(storage, letter.repeat(64)).write(state(1), note('epoch 1', at));
  }
  expect((await listEvaluations(storage)).map(({ key }) => key[0])).toEqual(['b', 'd', 'a']);
});
