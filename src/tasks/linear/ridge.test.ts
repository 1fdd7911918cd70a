// Ridge regression against its normal equations, and the pixels it is fed.

import { describe, expect, it } from 'vitest';
import { Rng } from '../../util/rng.ts';
import { areaResize, PIXEL_SIDE, pixelFeatures } from '../features.ts';
import { fitRidge } from './ridge.ts';

const rng = new Rng(2, 'synthetic');
const normal = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
const rest = async () => {};
const everyRow = (films: number) => Uint32Array.from({ length: films }, (_, i) => i);

describe('ridge regression', () => {
  it.each([
    ['more films than dimensions', 40, 5],
    ['more dimensions than films', 7, 12],
  ])('%s', async (_, films, dim) => {
    const features = normal(films * dim);
    const labels = Uint8Array.from({ length: films }, () => (rng.chance(0.5) ? 1 : 0))
      .fill(1, 0, 1)
      .fill(0, 1, 2);
    const rows = everyRow(films);
    const [layer] = await fitRidge({ features, dim, labels, classes: 1, rows }, [0.3], rest);
    const column = (j: number) => Array.from(rows, (row) => features[row * dim + j]!);
    const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const centred = Array.from({ length: dim }, (_, j) => column(j).map((v) => v - mean(column(j))));
    const squares = centred.flat().reduce((sum, v) => sum + v * v, 0);
    const residual = Array.from(rows, (row) => {
      const x = features.subarray(row * dim, (row + 1) * dim);
      return labels[row]! - layer!.bias[0]! - x.reduce((sum, v, j) => sum + v * layer!.weight[j]!, 0);
    });
    expect(Math.abs(mean(residual))).toBeLessThan(1e-5);
    // At the minimum, X^T residual = penalty * w in every dimension.
    for (let j = 0; j < dim; j++) {
      const pull = centred[j]!.reduce((sum, v, i) => sum + v * residual[i]!, 0);
      expect(pull).toBeCloseTo(0.3 * (squares / films) * layer!.weight[j]!, 4);
    }
  });
  it('solves findings with unknown films as if those films were not there', async () => {
    const [films, dim] = [30, 4];
    const features = normal(films * dim);
    const first = Uint8Array.from({ length: films }, (_, i) => i % 2);
    const second = first.map((label, i) => (i < 10 ? 255 : 1 - label));
    const labels = Uint8Array.from({ length: films * 2 }, (_, i) => (i % 2 ? second : first)[i >> 1]!);
    const [both] = await fitRidge({ features, dim, labels, classes: 2, rows: everyRow(films) }, [1], rest);
    const known = everyRow(films).slice(10);
    const [alone] = await fitRidge({ features, dim, labels: second, classes: 1, rows: known }, [1], rest);
    expect(both!.weight.slice(dim)).toEqual(alone!.weight);
    expect(both!.bias[1]).toBe(alone!.bias[0]);
  });
});

describe('pixels', () => {
  it('average exact areas, fractions included', () => {
    const plane = Uint8Array.of(0, 30, 60, 90, 120, 150, 180, 210, 240);
    // Each quarter covers 1.5 x 1.5 old pixels.
    const quarter = (0 + 0.5 * 30 + 0.5 * 90 + 0.25 * 120) / 2.25;
    expect(areaResize(plane, 3, 3, 2)[0]).toBeCloseTo(quarter, 9);
    const mean = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(mean(areaResize(plane, 3, 3, 2))).toBeCloseTo(120, 9);
    expect(mean(areaResize(plane, 3, 3, 7))).toBeCloseTo(120, 9);
  });
  it('do not depend on exposure, and leave blank films at zero', async () => {
    const plane = Uint8Array.from({ length: 50 * 40 }, (_, i) => (i * 7) % 100);
    const planes = [plane, plane.map((v) => 20 + 2 * v), new Uint8Array(2000).fill(7)];
    const sizes = { widths: Uint16Array.of(50, 50, 50), heights: Uint16Array.of(40, 40, 40) };
    const features = await pixelFeatures({ planes, ...sizes });
    const of = (film: number) => features.slice(film * PIXEL_SIDE ** 2, (film + 1) * PIXEL_SIDE ** 2);
    for (const [i, value] of of(1).entries()) expect(value).toBeCloseTo(of(0)[i]!, 4);
    expect(of(2).every((value) => value === 0)).toBe(true);
  });
});
