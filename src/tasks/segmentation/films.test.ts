import { describe, expect, it } from 'vitest';
import type { TrainingSet } from '../../train/batchSource.ts';
import { packBits } from '../../util/bits.ts';
import type { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import { examplesOf } from './examples.ts';
import { drawMasks, maskedFilms, TruthTable } from './films.ts';
import { squares } from './testSquares.ts';
import { filmsOfPass } from './train.ts';

const SIDE = 8;
const set = squares(24, SIDE);
const read = (dataset: TrainingSet, asked: string[] = []) =>
  maskedFilms(dataset, asked, SIDE, () => undefined);
const code = (promise: Promise<unknown>) =>
  promise.catch((error) => [error.code, (error as AppError).message]);

/** Films by what is drawn on each, of findings A and B; labels as given, two a film. */
function drawn(marks: readonly string[], labels: readonly number[], findings = ['A', 'B']): TrainingSet {
  const square = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => Number(at < 9));
  return {
    ...set,
    findings,
    marked: ['A', 'B'],
    labels: Uint8Array.from(labels),
    planes: marks.map(() => new Uint8Array(SIDE * SIDE)),
    widths: new Uint16Array(marks.length).fill(SIDE),
    heights: new Uint16Array(marks.length).fill(SIDE),
    splits: Uint8Array.from(marks, (_, i) => (i % 2 ? 2 : 0)),
    patients: Uint32Array.from(marks, (_, i) => i),
    masks: {
      read: async (films, targets) => ({
        inside: films.map((film) => {
          const found = targets.filter((target) => marks[film]!.includes(target));
          return found.length > 0 ? (marks[film]!.includes('0') ? square.map(() => 0) : square) : null;
        }),
        marked: films.map((film) =>
          Uint8Array.from(targets, (target) => Number(marks[film]!.includes(target))),
        ),
        failed: films.filter((film) => marks[film] === '!').map((film) => ({ film, reason: 'broken' })),
      }),
    },
  };
}

describe('films with masks', () => {
  it('takes films of which it is known where the findings lie, and no others', async () => {
    // Drawn; blank; denied; affirmed and not drawn; not known; one drawn and the other affirmed; unreadable.
    const marks = ['A', 'A', 'A0', '', '', '', 'A', '!'];
    const labels = [1, 0, 1, 0, 255, 255, 0, 0, 1, 0, 255, 255, 1, 1, 255, 255];
    const { targets, table, rows, leftOut, truth } = await read(drawn(marks, labels));
    expect(targets).toEqual(['A', 'B']);
    expect([...table.labels]).toEqual([1, 1, 0, 0, 255, 255, 255, 255]);
    expect([...rows.train, ...rows.test]).toEqual([0, 2, 1, 3]);
    expect(leftOut).toEqual({ unknown: 3, unreadable: 1 });
    expect([...marks.keys()].map((film) => truth.has(film))).toEqual([
      true,
      true,
      ...new Array(6).fill(false),
    ]);
    // Asked for A alone, B has no say.
    expect([...(await read(drawn(marks, labels), ['A'])).table.labels]).toEqual([
      1, 1, 0, 0, 255, 255, 1, 255,
    ]);
  });

  it('says by name what is missing', async () => {
    const { masks: _, marked: __, ...bare } = set;
    expect(await code(read(bare))).toEqual([
      'masks-missing',
      expect.stringMatching(/nothing is drawn on the films/),
    ]);
    expect(await code(read(set, ['Mass']))).toEqual([
      'masks-missing',
      expect.stringMatching(/of Mass, but of Square/),
    ]);
    const none = drawn(['A', '', 'A', ''], [1, 0, 0, 0, 1, 0, 0, 0]);
    expect(await code(read(none))).toEqual([
      'masks-missing',
      expect.stringMatching(/none of 2 test films has a mask of A or B/),
    ]);
  });

  it('draws patients with films of both kinds, and keeps some to stop by where the validation films have no mask', async () => {
    const films = await read(set);
    const config = { labelShare: 0.5, labelDraws: 3, seed: 1 };
    const { draws, validation } = drawMasks(films, config);
    expect([draws.length, validation]).toEqual([3, 'split']);
    for (const { fit, val, test } of draws) {
      expect(fit).toHaveLength(6);
      expect(new Set(Array.from(fit, (film) => films.truth.has(film))).size).toBe(2);
      expect([val, test]).toEqual([films.rows.val, films.rows.test]);
    }
    const carved = drawMasks(
      { ...films, rows: { ...films.rows, val: new Uint32Array() } },
      { ...config, labelShare: 1 },
    );
    expect(carved.validation).toBe('carved');
    const [draw] = carved.draws;
    expect([...draw!.fit, ...draw!.val!].sort((a, b) => a - b)).toEqual([...films.rows.train]);
  });

  it('shows as many films without a mask as with one in each pass, others each time', async () => {
    const truth = new TruthTable(1);
    for (const film of [0, 1, 2]) truth.put(film, Uint8Array.of(1));
    const fit = Uint32Array.from({ length: 40 }, (_, film) => film);
    const pass = (seed: number) => [...filmsOfPass(fit, truth, new Rng(seed, 'probe'))].sort((a, b) => a - b);
    expect(pass(1)).toHaveLength(6);
    expect(pass(1).slice(0, 3)).toEqual([0, 1, 2]);
    expect(pass(1)).not.toEqual(pass(2));
  });

  it('mirrors masks', () => {
    const truth = new TruthTable(3);
    truth.put(0, Uint8Array.of(1, 0, 0, 0, 1, 1, 0, 0, 0));
    const into = new Float32Array(10);
    truth.write(0, into, 1, true);
    expect([...into]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0]);
  });
});

it('picks the films that are drawn best, middling and worst, each once', async () => {
  const films = await read(set);
  const { rows, truth } = films;
  const side = SIDE ** 2;
  // Film by film a larger part of the truth is drawn.
  const masks = Array.from(rows.test, (film, i) => {
    const there = new Uint8Array(side);
    truth.write(film, there);
    let left = i;
    return packBits(there.map((inside) => Number(inside > 0 && left-- > 0)));
  });
  const examples = examplesOf(films, masks);
  const positives = Array.from(rows.test).filter((film) => truth.has(film));
  expect(examples.map(({ film }) => film)).toHaveLength(new Set(examples.map(({ film }) => film)).size);
  expect(examples.every(({ film }) => positives.includes(film))).toBe(true);
  const dices = (place: string) => examples.filter((one) => one.place === place).map(({ dice }) => dice);
  expect(Math.min(...dices('best'))).toBeGreaterThanOrEqual(Math.max(...dices('median')));
  expect(Math.min(...dices('median'))).toBeGreaterThanOrEqual(Math.max(...dices('worst')));
});
