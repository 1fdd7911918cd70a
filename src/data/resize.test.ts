import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitSize, shrink } from './resize.ts';

const meanOf = (bytes: Uint8Array) => bytes.reduce((sum, value) => sum + value, 0) / bytes.length;

describe('shrink', () => {
  it('averages whole blocks', () => {
    const bytes = Uint8Array.of(0, 10, 100, 100, 20, 30, 100, 104);
    expect(shrink({ width: 4, height: 2, bytes }, 2)).toEqual({
      width: 2,
      height: 1,
      bytes: Uint8Array.of(15, 101),
    });
  });

  it('shares a pixel between the two it straddles', () => {
    const { bytes } = shrink({ width: 3, height: 3, bytes: Uint8Array.of(0, 90, 0, 0, 90, 0, 0, 90, 0) }, 2);
    expect([...bytes]).toEqual([30, 30, 30, 30]);
  });

  it('flattens stripes finer than the new pixels instead of aliasing them', () => {
    const bytes = Uint8Array.from({ length: 256 * 256 }, (_, i) => (i % 2 ? 200 : 0));
    expect(new Set(shrink({ width: 256, height: 256, bytes }, 64).bytes)).toEqual(new Set([100]));
  });

  it('never enlarges', () => {
    const plane = { width: 3, height: 2, bytes: new Uint8Array(6) };
    expect(shrink(plane, 64)).toBe(plane);
  });

  it('keeps the mean brightness and the aspect of any plane', () => {
    const anyPlane = fc
      .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
      .chain(({ width, height }) =>
        fc
          .uint8Array({ minLength: width * height, maxLength: width * height })
          .map((bytes) => ({ width, height, bytes })),
      );
    fc.assert(
      fc.property(anyPlane, fc.integer({ min: 1, max: 40 }), (plane, longest) => {
        const small = shrink(plane, longest);
        expect({ width: small.width, height: small.height }).toEqual(
          fitSize(plane.width, plane.height, longest),
        );
        expect(Math.abs(meanOf(small.bytes) - meanOf(plane.bytes))).toBeLessThanOrEqual(0.51);
      }),
    );
  });
});
