// The pictures' data: axes that hold their points, sentences with the right numbers, tables and files that say the same.

import { describe, expect, test } from 'vitest';
import { outputsOf } from '../../diagnostics/snapshot.ts';
import { fakeSnapshot } from '../../fake/snapshots.ts';
import { METHODS } from '../../methods/records.ts';
import { paperSvg } from '../charts/paper.ts';
import { cellWords, shownMap } from './CorrelationMap.tsx';
import { diverging } from './diverging.ts';
import {
  deviationFigure,
  type Figure,
  measureFigure,
  neighbourFigure,
  outputLook,
  paperFigureOf,
  pathFigure,
  placeOn,
  plotMarkup,
  spectrumFigure,
  tableCsv,
} from './figures.ts';

const OUTPUTS = outputsOf(METHODS.mlvicx);

const snapshots = [0, 50, 100].map((step) => fakeSnapshot(step, { method: 'mlvicx', seed: 3 }));
const [first] = snapshots;
const global = first!.outputs.find(({ name }) => name === 'global')!;
const figures: [string, Figure][] = [
  ['spectrum', spectrumFigure(global, 'Global', 0)],
  ['deviations', deviationFigure(global, 'Global', 0)],
  ['path', pathFigure(snapshots, 'global', 'Global', 50)],
  ['measure', measureFigure(snapshots, OUTPUTS, 'rankme')],
  ['neighbours', neighbourFigure(snapshots)!],
];

describe.each(figures)('%s', (_, figure) => {
  test('holds every point within its axes, and none is lost from page to paper', () => {
    for (const { points } of figure.traces) {
      for (const [x, y] of points) {
        for (const [axis, value] of [
          [figure.x, x],
          [figure.y, y],
        ] as const) {
          const share = placeOn(axis, value, 1);
          expect(share).toBeGreaterThanOrEqual(-1e-9);
          expect(share).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }
    const markup = plotMarkup(figure, 300, 200, (colour) => colour);
    expect(markup).not.toMatch(/NaN|undefined/);
    const svg = paperSvg(
      paperFigureOf(figure, () => '#123456'),
      () => '#123456',
      null,
    );
    expect(svg).toContain(figure.title);
    expect(svg).not.toContain('var(--');
  });

  test('says in words what it shows, and the table and the array agree', () => {
    expect(figure.sentence).toMatch(/[a-z].*\.$/i);
    const lines = tableCsv(figure.table).trim().split('\n');
    expect(lines).toHaveLength(figure.table.rows.length + 1);
    expect(figure.array.data).toHaveLength(figure.array.shape.reduce((product, size) => product * size, 1));
  });
});

test('sentences carry the numbers that were measured', () => {
  expect(spectrumFigure(global, 'Global', 0).sentence).toContain(
    `RankMe ${Number(global.measured.rankme.toPrecision(4))}`,
  );
  expect(deviationFigure(global, 'Global', 0).sentence).toContain('16 of 40 dimensions are dead');
  expect(measureFigure(snapshots, OUTPUTS, 'rankme').sentence).toContain('other methods');
  const votes = neighbourFigure(snapshots)!;
  expect(votes.sentence).toMatch(/Effusion 0\.67, Mass 0\.64/);
  expect(votes.sentence).toMatch(/only looked at.*no test film/);
  expect(neighbourFigure([{ ...first!, neighbours: null }])).toBeNull();
});

test('levels are told apart by lightness, heads by their line', () => {
  expect(outputLook(OUTPUTS, 'level1')).toEqual({ colour: 'var(--term-blue-1)' });
  expect(outputLook(OUTPUTS, 'level5')).toEqual({ colour: 'var(--term-blue-5)' });
  expect(outputLook(OUTPUTS, 'local')).toEqual({ colour: 'var(--term-amber)', dash: '5 3' });
});

test('a cell of the map names its dimensions in either order', () => {
  const plain = shownMap(global, 'variance');
  expect(cellWords(global, plain, 0, 0)).toMatch(/^dimension \d+ with itself$/);
  expect(cellWords(global, plain, 0, 1)).toMatch(/^dimension \d+ with dimension \d+: correlation -?0\.\d\d$/);
  const grouped = shownMap(global, 'clustered');
  expect([...grouped.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  const [row, column] = [grouped.order[2]!, grouped.order[7]!];
  expect(grouped.values[2 * 40 + 7]).toBe(plain.values[row * 40 + column]);
});

test('the scale is symmetric: nothing is the ground, equal magnitudes are equally light', () => {
  const light = ([r, g, b]: [number, number, number]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
  for (const scheme of ['light', 'dark'] as const) {
    const [nothing] = [diverging(0, scheme)];
    expect(Math.max(...nothing) - Math.min(...nothing)).toBeLessThan(3);
    for (const size of [0.3, 0.6, 1]) {
      const apart = Math.abs(light(diverging(size, scheme)) - light(diverging(-size, scheme)));
      expect(apart).toBeLessThan(18);
    }
    expect(diverging(2, scheme)).toEqual(diverging(1, scheme));
  }
});
