// The batches of a run: asked for two steps ahead, in any order of arrival, with every wait counted and none hidden.

import { expect, test } from 'vitest';
import { BatchQueue, inOrder, type PlaneSource, planesOf } from './batchSource.ts';

/** A source that answers when told to, and remembers what it was asked. */
function handSource() {
  const open: { films: Uint32Array; answer: () => void; fail: (error: Error) => void }[] = [];
  const asked: number[][] = [];
  const source: PlaneSource = {
    read(films) {
      asked.push([...films]);
      return new Promise((resolve, reject) => {
        const planes = Array.from(films, (film) => Uint8Array.of(film));
        open.push({ films, answer: () => resolve(planes), fail: reject });
      });
    },
  };
  return { source, open, asked };
}

const filmsOf = (step: number) => Uint32Array.of(2 * step, 2 * step + 1);
const tick = () => new Promise((resolve) => setTimeout(resolve, 2));

test('the next two batches are asked for while one is waited for, and none beyond the last step', async () => {
  const { source, open, asked } = handSource();
  const queue = new BatchQueue(source, filmsOf, 4);
  const first = queue.ready(0);
  expect(asked).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  // Whatever comes first, a step gets its own films.
  for (const { answer } of [...open].reverse()) answer();
  await first;
  expect([...queue.take(0).films]).toEqual([0, 1]);
  expect(await queue.ready(1)).toBe(0);
  expect(queue.take(1).planes.map((plane) => plane[0])).toEqual([2, 3]);
  expect(asked).toHaveLength(4);
  await queue.ready(2);
  expect(asked).toHaveLength(4);
});

test('a wait is counted when the films are late, and only then', async () => {
  const { source, open } = handSource();
  const queue = new BatchQueue(source, filmsOf, 10);
  const late = queue.ready(0);
  await tick();
  open[0]!.answer();
  expect(await late).toBeGreaterThan(0);
  queue.take(0);
  open[1]!.answer();
  await tick();
  expect(await queue.ready(1)).toBe(0);
});

test('a batch is handed out once, and not before it was waited for', async () => {
  const { source, open } = handSource();
  const queue = new BatchQueue(source, filmsOf, 10);
  expect(() => queue.take(0)).toThrow('step 0');
  const ready = queue.ready(0);
  open[0]!.answer();
  await ready;
  queue.take(0);
  expect(() => queue.take(0)).toThrow('step 0');
});

test('a run that goes on elsewhere forgets what it had asked for; what failed is asked for again', async () => {
  const { source, open, asked } = handSource();
  const queue = new BatchQueue(source, filmsOf, 100);
  const first = queue.ready(0);
  open[0]!.fail(new Error('torn'));
  await expect(first).rejects.toThrow('torn');
  const again = queue.ready(0);
  open.at(-1)!.answer();
  await again;
  const far = queue.ready(50);
  expect(asked.slice(-3)).toEqual([filmsOf(50), filmsOf(51), filmsOf(52)].map((films) => [...films]));
  open.at(-3)!.answer();
  await far;
  expect([...queue.take(50).films]).toEqual([100, 101]);
});

test('a set is walked in full batches, the last one filled up, two read ahead', async () => {
  const planes = Array.from({ length: 10 }, (_, film) => Uint8Array.of(film));
  const seen: number[][] = [];
  const spans: number[][] = [];
  for await (const { planes: batch, first, wanted } of inOrder(planesOf({ planes }), 10, 4)) {
    seen.push(batch.map((plane) => plane[0]!));
    spans.push([first, wanted]);
  }
  expect(seen).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9, 9, 9],
  ]);
  expect(spans).toEqual([
    [0, 4],
    [4, 4],
    [8, 2],
  ]);
  const { source, asked } = handSource();
  void inOrder(source, 40, 4).next();
  await tick();
  expect(asked.map(([film]) => film)).toEqual([0, 4, 8]);
});
