import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import type { FilmMark, FilmMask } from '../protocol/film.ts';
import { marksOf } from './marks.ts';
import { renderMasks } from './synthetic/film.ts';
import { SYNTHETIC_FINDINGS } from './synthetic/findings.ts';
import { planSyntheticSet, renderEntry } from './synthetic/set.ts';
import { insideOf, maskOfPng } from './truth.ts';

const box = (x: number, y: number, width: number, height: number, finding = 'A'): FilmMark => ({
  finding,
  reader: '',
  x,
  y,
  width,
  height,
});
const mask = (finding: string, rows: readonly string[]): FilmMask => ({
  finding,
  width: rows[0]!.length,
  height: rows.length,
  bytes: Uint8Array.from(rows.join(''), Number),
});
const pngOf = (width: number, height: number, data: Uint8Array) =>
  encode({ width, height, data, channels: 1, depth: 8 }).slice();
const lines = (inside: Uint8Array | null, side: number) =>
  inside && Array.from({ length: side }, (_, y) => inside.subarray(y * side, (y + 1) * side).join(''));

describe('where findings lie', () => {
  it('boxes are filled, and findings that are not asked for left out', () => {
    const marks = { boxes: [box(0.25, 0, 0.5, 0.5), box(0, 0.75, 1, 0.25, 'B')], masks: [] };
    expect(lines(insideOf(marks, ['A'], 4), 4)).toEqual(['0110', '0110', '0000', '0000']);
    expect(lines(insideOf(marks, ['A', 'B'], 4), 4)).toEqual(['0110', '0110', '0000', '1111']);
    expect(insideOf(marks, ['C'], 4)).toBeNull();
    expect(insideOf({ boxes: [], masks: [] }, ['A'], 4)).toBeNull();
  });

  it('a pixel is inside where half of it is; what is smaller leaves a square of zeros', () => {
    expect(lines(insideOf({ boxes: [box(0, 0, 0.5, 1)], masks: [] }, ['A'], 1), 1)).toEqual(['1']);
    expect(lines(insideOf({ boxes: [box(0, 0, 0.3, 0.9)], masks: [] }, ['A'], 1), 1)).toEqual(['0']);
  });

  it('masks of any frame are stretched over the film and joined with boxes', () => {
    const marks = {
      boxes: [box(0.75, 0.75, 0.25, 0.25)],
      masks: [mask('A', ['10', '00']), mask('B', ['11'])],
    };
    expect(lines(insideOf(marks, ['A'], 4), 4)).toEqual(['1100', '1100', '0000', '0001']);
    const tall = mask('A', ['1100', '1100', '0001', '0010', '0000', '0000', '0000', '1111']);
    expect(lines(insideOf({ boxes: [], masks: [tall] }, ['A'], 2), 2)).toEqual(['10', '00']);
  });

  it('run lengths of a frame of 1024 px come out at the size of the encoder', () => {
    // Columns 0 to 511 whole: the left half of the film.
    const left = { kind: 'mask', finding: 'A', runs: `0 ${512 * 1024}`, frame: [1024, 1024] } as const;
    expect(lines(insideOf(marksOf([left], 1024, 1024), ['A'], 4), 4)).toEqual(Array(4).fill('1100'));
  });

  it('a mask beside a film is inside where it is bright, whether it is drawn in 255 or in 1', async () => {
    for (const bright of [255, 1]) {
      const bytes = pngOf(3, 2, Uint8Array.of(0, bright, 0, bright, 0, bright));
      expect(await maskOfPng(bytes, 'A')).toEqual(mask('A', ['010', '101']));
    }
    const blank = await maskOfPng(pngOf(3, 2, new Uint8Array(6)), 'A');
    expect(insideOf({ boxes: [], masks: [blank] }, ['A'], 2)).toEqual(new Uint8Array(4));
  });

  it('the masks of phantoms are those of the film, drawn without it', () => {
    const entries = planSyntheticSet({ patients: 8, difficulty: 'classroom', seed: 1 });
    for (const entry of entries) {
      const masks = renderMasks(entry.spec(), 32);
      expect(masks).toEqual(renderEntry(entry, 32).masks);
      expect(Object.keys(masks).sort()).toEqual(
        SYNTHETIC_FINDINGS.filter((_, k) => entry.labels[k] === 1).toSorted(),
      );
    }
  });
});
