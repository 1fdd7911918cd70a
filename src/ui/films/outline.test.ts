import { expect, it } from 'vitest';
import { areaPath, outlinePath } from './outline.ts';

it('goes once around a mask, along the sides of its pixels and of the film', () => {
  const inside = [1, 1, 0, 0, 1, 0, 0, 0, 0];
  expect(
    outlinePath(inside, 3)
      .match(/M[^M]+/g)!
      .sort(),
  ).toEqual(['M0 0H2', 'M0 0V1', 'M0 1H1', 'M1 1V2', 'M1 2H2', 'M2 0V2'].sort());
  expect(areaPath(inside, 3)).toBe('M0 0H2V1H0ZM1 1H2V2H1Z');
  expect([outlinePath(new Uint8Array(9), 3), areaPath(new Uint8Array(9), 3)]).toEqual(['', '']);
});
