import { expect, it } from 'vitest';
import { bitAt, insideOfRuns, packBits, runsOf, unpackBits } from './bits.ts';

const SQUARES = ['', '0', '1', '0110100', '111111111', '000000001', '10000000011'];

it.each(SQUARES)('keeps %s as bits and as runs', (text) => {
  const inside = Uint8Array.from(text, Number);
  const bits = packBits(inside);
  expect(bits).toHaveLength(Math.ceil(text.length / 8));
  expect(unpackBits(bits, text.length)).toEqual(inside);
  expect([...inside.keys()].every((at) => bitAt(bits, at) === inside[at])).toBe(true);
  expect(insideOfRuns(runsOf(bits, text.length), text.length)).toEqual(inside);
});

it('writes runs as gap and length, and cuts those that leave the square', () => {
  expect(runsOf(packBits([0, 1, 1, 0, 1]), 5)).toEqual([1, 2, 1, 1]);
  expect(insideOfRuns([1, 9], 3)).toEqual(Uint8Array.of(0, 1, 1));
});
