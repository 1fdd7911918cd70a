// What a link asks of the page is read by its words, settings beside it or not, and nothing unknown is taken.

import { expect, it } from 'vitest';
import { readShareHash } from '../../config/share.ts';
import { readLayout } from './layout.ts';

it('a link shows parts, hides controls and keeps its settings', () => {
  const hash = '#preset=demo&seed=7&embed&show=views,loss,nothing&hide=setup,device,x&projector';
  expect(readLayout(hash)).toEqual({
    embed: ['loss', 'views'],
    teacher: false,
    projector: true,
    hidden: new Set(['setup', 'device']),
  });
  expect(readShareHash(hash)!.config.seed).toBe(7);
});

it('without such words the page is whole', () => {
  expect(readLayout('#preset=demo')).toEqual({
    embed: null,
    teacher: false,
    projector: false,
    hidden: new Set(),
  });
  expect(readLayout('#embed').embed).toEqual(['loss']);
});
