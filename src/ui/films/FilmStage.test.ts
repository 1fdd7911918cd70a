import { describe, expect, it } from 'vitest';
import { draggedWindow, greyTable } from './FilmStage.tsx';

const levels = {
  modality: Float32Array.of(0, 50, 100, 150, 200),
  padding: Uint8Array.of(1, 0, 0, 0, 0),
  table: Uint8Array.of(9, 8, 7, 6, 5),
  inverted: false,
};

describe('greyTable', () => {
  it('is the table of the file until a window is chosen', () => {
    expect(greyTable(levels, null)).toBe(levels.table);
  });

  it('maps the window onto the grey scale, cuts beyond it and keeps padding black', () => {
    expect([...greyTable(levels, { center: 100, width: 100 })]).toEqual([0, 0, 128, 255, 255]);
    expect([...greyTable({ ...levels, inverted: true }, { center: 100, width: 100 })]).toEqual([
      0, 255, 128, 0, 0,
    ]);
  });
});

describe('draggedWindow', () => {
  it('widens to the right, moves up with the hand downwards, and never closes', () => {
    expect(draggedWindow({ center: 100, width: 50 }, 512, 10, 20)).toEqual({ center: 120, width: 60 });
    expect(draggedWindow({ center: 100, width: 50 }, 512, -500, 0).width).toBeGreaterThan(0);
  });
});
