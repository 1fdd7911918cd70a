// Thumbnails on demand: asked for in few messages, kept in bounded number, asked for again when a set is there at last.

import { expect, test, vi } from 'vitest';
import type { PlaygroundClient } from '../../worker/client.ts';
import { takeClient } from '../client.ts';
import { ReadingRate } from './dataset.ts';
import {
  addThumbnails,
  forgetThumbnails,
  retryThumbnails,
  thumbnailCount,
  thumbnailOf,
  wantThumbnail,
} from './thumbnails.ts';

const made = (index: number) => ({ index, width: 1, height: 1, bytes: Uint8Array.of(index % 256) });

function takeClientWith(answer: (films: readonly number[]) => number[]) {
  const asked: (readonly number[])[] = [];
  const thumbnails = async (films: readonly number[]) => {
    asked.push(films);
    return answer(films).map(made);
  };
  const never = new Promise<never>(() => undefined);
  const client = { intake: { thumbnails }, fault: never, dispose: () => undefined };
  takeClient(() => client as unknown as PlaygroundClient);
  return asked;
}

test('a wish that comes before the workers is refused, and heard once they are there', async () => {
  forgetThumbnails();
  wantThumbnail(5);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const asked = takeClientWith((films) => [...films]);
  retryThumbnails();
  wantThumbnail(5);
  await vi.waitFor(() => expect(thumbnailOf(5)).toBeDefined());
  expect(asked).toEqual([[5]]);
});

test('what scrolls by is asked for in one message, and only the films seen last are kept', async () => {
  const asked = takeClientWith((films) => [...films]);
  forgetThumbnails();
  for (let film = 0; film < 50; film++) wantThumbnail(film);
  await vi.waitFor(() => expect(thumbnailCount()).toBe(50));
  expect(asked).toHaveLength(1);
  wantThumbnail(7);
  for (let first = 1000; first < 4000; first += 100) {
    addThumbnails(Array.from({ length: 100 }, (_, i) => made(first + i)));
  }
  expect(thumbnailCount()).toBe(1500);
  expect(thumbnailOf(7)).toBeUndefined();
  expect(thumbnailOf(3999)?.bytes[0]).toBe(3999 % 256);
  expect(asked).toHaveLength(1);
});

test('a film that cannot be shown yet is asked for once, and again when the set is there', async () => {
  let ready = false;
  const asked = takeClientWith((films) => (ready ? [...films] : []));
  forgetThumbnails();
  wantThumbnail(3);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  wantThumbnail(3);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(asked).toHaveLength(1);
  ready = true;
  retryThumbnails();
  wantThumbnail(3);
  await vi.waitFor(() => expect(thumbnailOf(3)).toBeDefined());
});

test('the pace of a reading is that of its last seconds', () => {
  const pace = new ReadingRate();
  expect(pace.note(0, 0, 1000)).toEqual({ rate: null, etaSeconds: null });
  expect(pace.note(1000, 500, 1000).rate).toBeNull();
  expect(pace.note(2000, 600, 1000)).toEqual({ rate: 300, etaSeconds: 400 / 300 });
  for (let second = 3; second <= 30; second++) pace.note(1000 * second, 600 + 10 * second, 1000);
  const { rate, etaSeconds } = pace.note(31_000, 910, 1000);
  expect(rate).toBeCloseTo(10, 5);
  expect(etaSeconds).toBeCloseTo(9, 5);
});
