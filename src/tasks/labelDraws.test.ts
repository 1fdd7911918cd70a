// Draws of labelled patients: whole patients, both labels, the asked share, and no patient on two sides.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../util/rng.ts';
import { carveValidation, countFilms, drawShare, type LabelTable, splitRows } from './labelDraws.ts';

/** Two films a patient; finding 0 is common, finding 1 rare, finding 2 sometimes unknown. */
function tableOf(patients: number, seed: number): LabelTable {
  const rng = new Rng(seed, 'synthetic');
  const films = patients * 2;
  const label = (k: number) => (k === 2 && rng.chance(0.5) ? 255 : rng.chance(k === 1 ? 0.04 : 0.4) ? 1 : 0);
  return {
    findings: ['common', 'rare', 'patchy'],
    patients: Uint32Array.from({ length: films }, (_, i) => i >> 1),
    splits: new Uint8Array(films),
    labels: Uint8Array.from({ length: films * 3 }, (_, i) => label(i % 3)),
  };
}
const all = (table: LabelTable) => Uint32Array.from(table.splits, (_, i) => i);

describe('label shares', () => {
  it('take whole patients, as many as asked, with both labels wherever the set has them', () => {
    const settings = fc.tuple(
      fc.integer({ min: 3, max: 120 }),
      fc.nat(),
      fc.double({ min: 0.01, max: 0.6, noNaN: true }),
    );
    fc.assert(
      fc.property(settings, ([patients, seed, share]) => {
        const table = tableOf(patients, seed);
        const drawn = drawShare(table, all(table), [0, 1, 2], share, new Rng(seed, 'share'));
        const taken = new Set(drawn.map((row) => table.patients[row]!));
        expect(drawn.length).toBe(2 * taken.size);
        // Six needs at most can push a small draw over its size.
        const asked = Math.max(1, Math.round(share * patients));
        expect(taken.size).toBeGreaterThanOrEqual(Math.min(asked, patients));
        expect(taken.size).toBeLessThanOrEqual(Math.max(asked, 6));
        for (const finding of [0, 1, 2]) {
          const [before, after] = [countFilms(table, all(table), finding), countFilms(table, drawn, finding)];
          expect(after.positives > 0).toBe(before.positives > 0);
          expect(after.negatives > 0).toBe(before.negatives > 0);
        }
      }),
      { numRuns: 60 },
    );
  });
  it('differ between draws and repeat for the same seed', () => {
    const table = tableOf(100, 4);
    const draw = (index: number) => drawShare(table, all(table), [0], 0.1, new Rng(1, 'share', index));
    expect(draw(0)).toEqual(draw(0));
    expect(draw(0)).not.toEqual(draw(1));
    expect(drawShare(table, all(table), [0], 1, new Rng(1, 'share'))).toEqual(all(table));
  });
  it('are unbiased: over many draws every patient is taken about equally often', () => {
    const table = tableOf(40, 4);
    const times = new Uint32Array(40);
    for (let i = 0; i < 600; i++) {
      for (const row of drawShare(table, all(table), [0], 0.25, new Rng(1, 'share', i))) {
        if (row % 2 === 0) times[table.patients[row]!]!++;
      }
    }
    const mean = 600 * 0.25;
    for (const count of times) expect(Math.abs(count - mean)).toBeLessThan(0.35 * mean);
  });
});

describe('sides', () => {
  it('refuse a patient who stands in two splits', () => {
    const table = { ...tableOf(4, 1), splits: Uint8Array.of(0, 0, 0, 2, 1, 1, 2, 2) };
    expect(() => splitRows(table)).toThrow('1 patient(s) have films in more than one split');
  });
  it('carve validation films out of the labelled patients, or say that they cannot', () => {
    const table = tableOf(60, 2);
    const carved = carveValidation(table, all(table), [0], new Rng(1, 'share'))!;
    const held = new Set(carved.val.map((row) => table.patients[row]!));
    expect(held.size).toBe(12);
    expect(carved.fit.some((row) => held.has(table.patients[row]!))).toBe(false);
    expect(carved.fit.length + carved.val.length).toBe(120);
    const two = Uint32Array.of(0, 1, 2, 3);
    const labels = Uint8Array.from(table.labels).fill(0, 0, 12).fill(1, 0, 1);
    expect(carveValidation({ ...table, labels }, two, [0], new Rng(1, 'share'))).toBeNull();
  });
});
