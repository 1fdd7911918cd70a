// The table of scores: a line for each film and finding in their order, unknown labels empty, names only where they are asked for.

import { expect, it } from 'vitest';
import { predictionsCsv } from './predictions.ts';

const predictions = {
  findings: ['Mass, any', 'Edema'],
  films: Uint32Array.of(3, 1),
  labels: Uint8Array.of(1, 0, 255, 1),
  scores: {
    pretrained: Float64Array.of(0.1, 2, -3, 4),
    random: Float64Array.of(1, 1, 1, 1),
    pixels: Float64Array.of(1 / 3, 0, 0, 0),
  },
};

it('has a line for each film and finding', () => {
  expect(predictionsCsv(predictions, null).split('\n')).toEqual([
    'film,finding,label,pretrained,random,pixels',
    '3,"Mass, any",1,0.1,1,0.3333333333333333',
    '3,Edema,0,2,1,0',
    '1,"Mass, any",,-3,1,0',
    '1,Edema,1,4,1,0',
    '',
  ]);
});

it('names films where that is asked for', () => {
  const lines = predictionsCsv(predictions, ['a.png', 'b.png', 'c.png', 'd, e.png']).split('\n');
  expect(lines[0]).toBe('film,name,finding,label,pretrained,random,pixels');
  expect(lines[1]).toContain('3,"d, e.png","Mass, any"');
  expect(lines[3]).toContain('1,b.png,');
});
