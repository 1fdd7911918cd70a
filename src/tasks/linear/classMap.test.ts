// Class maps against recorded ones, and what makes them exact: without the threshold their sum is the layer's logit.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../util/safetensors.ts';
import { classMap, enlarged, gradCam, peakOf } from './classMap.ts';

const FOLDER = new URL('../../../../shared/parity-methods/', import.meta.url);
interface Recorded {
  readonly name: string;
  readonly file: string;
  readonly config: { H: number; W: number; C: number; size: number };
  readonly values_f64: { peak_row: number; peak_col: number; logit_without_bias: number };
}
const recorded: Recorded[] = existsSync(FOLDER)
  ? JSON.parse(readFileSync(new URL('classmap.json', FOLDER), 'utf8')).fixtures
  : [];

describe.skipIf(recorded.length === 0)('recorded maps (skipped without ../shared/parity-methods)', () => {
  it.each(recorded)('$name', ({ file, config: { H, W, C, size }, values_f64 }) => {
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL(file, FOLDER))));
    const numbers = (name: string) => Array.from(tensors.get(name)!.data, Number);
    const channels = numbers('map');
    const map = Float32Array.from(channels, (_, i) => channels[(i % C) * H * W + Math.floor(i / C)]!);
    const weights = numbers('weights');
    const found = classMap(map, weights);
    numbers('cam').forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 12);
    });
    const large = enlarged(found, H, W, size);
    numbers('upsampled').forEach((value, i) => {
      expect(Math.abs(large[i]! - value)).toBeLessThan(1e-12);
    });
    expect(peakOf(large)).toBe(values_f64.peak_row * size + values_f64.peak_col);
    // What speaks for the finding less what speaks against it is the logit.
    const against = classMap(
      map,
      weights.map((weight) => -weight),
    );
    const sum = found.reduce((total, value, i) => total + value - against[i]!, 0);
    expect(sum).toBeCloseTo(values_f64.logit_without_bias, 9);
  });
});

describe('Grad-CAM', () => {
  const [places, channels] = [6, 4];
  const map = Float64Array.from({ length: places * channels }, (_, i) => Math.abs(Math.sin(3 * i)));
  const weights = [0.5, -1, 0.25, 2];

  it('of a map whose gradient is the same everywhere is the class map', () => {
    const gradient = map.map((_, i) => weights[i % channels]! / places);
    const found = gradCam(map, gradient, channels);
    classMap(map, weights).forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 14);
    });
  });

  it('weighs channels by their mean gradient and keeps what is above 0', () => {
    const gradient = Float64Array.from({ length: places * channels }, (_, i) => Math.cos(5 * i));
    const found = gradCam(map, gradient, channels);
    for (let p = 0; p < places; p++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        let alpha = 0;
        for (let q = 0; q < places; q++) alpha += gradient[q * channels + c]! / places;
        sum += alpha * map[p * channels + c]!;
      }
      expect(found[p]).toBeCloseTo(Math.max(0, sum), 14);
    }
    expect([...found].some((value) => value > 0)).toBe(true);
  });
});

describe('enlarging', () => {
  it('holds the edges, keeps a flat map flat and finds the first of equal peaks', () => {
    expect([...enlarged([1, 3], 1, 2, 4).subarray(0, 4)]).toEqual([1, 1.5, 2.5, 3]);
    expect(new Set(enlarged([0.25], 1, 1, 5))).toEqual(new Set([0.25]));
    expect(peakOf([0, 2, 2, 1])).toBe(1);
  });
});
