// Which batch is recorded and taken when, with promises that settle by hand.
import { expect, test } from 'vitest';
import { readBehind } from './readBehind.ts';

async function* batches(count: number): AsyncGenerator<number> {
  for (let batch = 0; batch < count; batch++) yield batch;
}

const tick = () => new Promise((done) => setTimeout(done));

function reads() {
  const events: string[] = [];
  const pending: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const done = readBehind(
    batches(4),
    (batch) => {
      events.push(`record ${batch}`);
      return new Promise<number>((resolve, reject) => pending.push({ resolve, reject }));
    },
    (batch, result) => events.push(`take ${batch}: ${result}`),
  );
  return { events, pending, done };
}

test('the next batch is recorded before what was made of one has arrived, and no third', async () => {
  const { events, pending, done } = reads();
  await tick();
  expect(events).toEqual(['record 0', 'record 1']);
  pending[0]!.resolve(10);
  await tick();
  expect(events.slice(2)).toEqual(['take 0: 10', 'record 2']);
  for (const at of [1, 2]) {
    pending[at]!.resolve(10 + at);
    await tick();
  }
  pending[3]!.resolve(13);
  await done;
  expect(events.filter((event) => event.startsWith('take'))).toEqual([
    'take 0: 10',
    'take 1: 11',
    'take 2: 12',
    'take 3: 13',
  ]);
});

test('results that arrive in another order are taken in that of the batches', async () => {
  const { events, pending } = reads();
  await tick();
  pending[1]!.resolve(11);
  await tick();
  expect(events).toEqual(['record 0', 'record 1']);
  pending[0]!.resolve(10);
  await tick();
  expect(events[2]).toBe('take 0: 10');
  expect(events.filter((event) => event.startsWith('take'))).toEqual(['take 0: 10', 'take 1: 11']);
});

test('a read that fails ends the pass, one that fails behind it is no rejection without a handler', async () => {
  const { events, pending, done } = reads();
  await tick();
  pending[1]!.reject(new Error('later'));
  pending[0]!.reject(new Error('lost'));
  await expect(done).rejects.toThrow('lost');
  expect(events).toEqual(['record 0', 'record 1']);
});
