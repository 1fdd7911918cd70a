import { describe, expect, it } from 'vitest';
import type { Field } from '../../config/fields.ts';
import { CONFIG_KEYS, SCHEMA } from '../../config/schema.ts';
import { axisOf } from './NumberControl.tsx';

const numbers = CONFIG_KEYS.flatMap((key) => {
  const field: Field = SCHEMA[key];
  return field.kind === 'number' ? [{ key, field }] : [];
});

describe('sliders of the schema', () => {
  it.each(numbers)('$key reaches both ends exactly and finds its default again', ({ field }) => {
    const axis = axisOf(field);
    expect(axis.value(0)).toBe(field.min);
    expect(axis.value(1)).toBe(field.max);
    const place = axis.place(field.default);
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThanOrEqual(1);
    const again = axis.value(place);
    expect(Math.abs(again - field.default)).toBeLessThanOrEqual(0.051 * Math.abs(field.default) + 1e-9);
  });
});
