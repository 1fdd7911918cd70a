import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatFigure,
  formatMeasured,
  formatShort,
} from './format.ts';

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [187e6, '187 MB'],
    [999.9e6, '1 GB'],
    [2.14e9, '2.14 GB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0.4, '0 s'],
    [89, '89 s'],
    [240, '4 min'],
    [4800, '1 h 20 min'],
    [7200, '2 h'],
    [3599, '1 h'],
    [270000, '3 d 3 h'],
  ])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('groups thousands and shortens millions', () => {
    expect(formatCount(12345.4)).toBe('12,345');
    expect([formatCounted(1, 'box', 'boxes'), formatCounted(2000, 'film')]).toEqual(['1 box', '2,000 films']);
    expect(formatShort(11_176_512)).toBe('11.2 M');
    expect(formatShort(999)).toBe('999');
  });

  it('keeps the zeros of what is measured', () => {
    const measured = [12.345678, 0.00042137, 1_234_567, -3, 0, 2.4e-8].map((value) => formatMeasured(value));
    expect(measured).toEqual(['12.35', '4.21e-4', '1,234,567', '−3.000', '0', '2.40e-8']);
    expect(formatMeasured(Number.NaN)).toBe('–');
  });

  it('keeps four digits', () => {
    expect(formatFigure(25.01849)).toBe('25.02');
    expect(formatFigure(0.00012345)).toBe('1.23e-4');
    expect(formatFigure(Number.NaN)).toBe('–');
  });
});
