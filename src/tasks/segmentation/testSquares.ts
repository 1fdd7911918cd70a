// Test helper: films of which half have a bright square somewhere, with its exact mask. Imported by tests only.

import type { TrainingSet } from '../../train/batchSource.ts';
import { Rng } from '../../util/rng.ts';

const FINDING = 'Square';

/** The first half of the films trains, a sixth validates, the rest tests. */
export function squares(count: number, side: number, seed = 3): TrainingSet {
  const rng = new Rng(seed, 'synthetic');
  const films = Array.from({ length: count }, (_, film) => {
    const size = Math.round(side * rng.uniform(0.25, 0.45));
    const [left, top] = [rng.int(side - size), rng.int(side - size)];
    const has = film % 2 === 0;
    const inside = Uint8Array.from({ length: side * side }, (__, at) => {
      const [x, y] = [(at % side) - left, Math.floor(at / side) - top];
      return Number(has && x >= 0 && x < size && y >= 0 && y < size);
    });
    const level = rng.uniform(60, 120);
    const plane = inside.map((is) => Math.max(0, Math.min(255, level + 70 * is + 10 * rng.normal())));
    return { has, inside, plane };
  });
  return {
    name: 'squares',
    fingerprint: `squares-${seed}`,
    findings: [FINDING],
    marked: [FINDING],
    planes: films.map(({ plane }) => plane),
    widths: new Uint16Array(count).fill(side),
    heights: new Uint16Array(count).fill(side),
    splits: Uint8Array.from({ length: count }, (_, i) => (i < count / 2 ? 0 : i < (2 * count) / 3 ? 1 : 2)),
    patients: Uint32Array.from({ length: count }, (_, i) => i),
    labels: Uint8Array.from(films, ({ has }) => Number(has)),
    masks: {
      read: async (wanted, findings, at) => {
        if (at !== side) throw new Error(`squares are drawn at ${side} px`);
        const asked = wanted.map((film) => films[film]!);
        const drawn = ({ has }: { has: boolean }) => has && findings.includes(FINDING);
        return {
          inside: asked.map((film) => (drawn(film) ? film.inside : null)),
          marked: asked.map((film) => Uint8Array.from(findings, () => Number(drawn(film)))),
          failed: [],
        };
      },
    },
  };
}
