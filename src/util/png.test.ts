import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { greyPng } from './png.ts';

it('is read by a decoder as it was written', () => {
  const [width, height] = [7, 5];
  const grey = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
  const read = decode(greyPng(grey, width, height), { checkCrc: true });
  expect(read).toMatchObject({ width, height, channels: 1, depth: 8 });
  expect([...read.data]).toEqual([...grey]);
});
